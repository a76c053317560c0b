import type { BodiesAt, EncryptionStatus } from '@ringback/operations';
import { table } from '../terminal/table.ts';

export type Listed = Pick<EncryptionStatus, 'keys' | 'missing' | 'plain'>;

const HEADINGS = ['KEY', 'IN THE SETTINGS', 'BODIES', 'WHERE', 'OUTPUTS'];

export function statusTable({ keys, missing, plain }: Listed, encrypts: boolean): string[] {
  return table(HEADINGS, [
    ...keys.flatMap(({ id, at }, index) => rows(id, placeInWords(index, encrypts), at)),
    ...missing.flatMap(({ id, at }) => rows(id, 'missing', at)),
    ...(plain.at.length === 0 ? [] : rows('-', 'not encrypted', plain.at)),
  ]);
}

export const bodiesInWords = (count: number) => (count === 1 ? '1 body' : `${count} bodies`);

function placeInWords(index: number, encrypts: boolean): string {
  const place = `keys[${index}]`;
  return index === 0 && encrypts ? `${place}, encrypts` : place;
}

function rows(key: string, place: string, at: readonly BodiesAt[]): string[][] {
  if (at.length === 0) return [[key, place, '0', '-', '-']];
  return at.map(({ where, outputs, bodies }) => [key, place, String(bodies), where, outputs.join(', ') || '-']);
}

export function rotatedTable(rotated: readonly BodiesAt[], dryRun: boolean): string[] {
  return table(
    ['WHERE', 'OUTPUTS', dryRun ? 'WOULD BE ENCRYPTED ANEW' : 'ENCRYPTED ANEW'],
    rotated.map(({ where, outputs, bodies }) => [where, outputs.join(', ') || '-', String(bodies)]),
  );
}

/** `unreadable`: how many payloads. */
export function doubts(unreadable: number, otherKeys: readonly string[]): string[] {
  return [
    ...otherKeys.map((name) => `${name} runs with other keys than these settings`),
    ...(unreadable === 0 ? [] : [`${unreadable} payloads cannot be read: they are damaged, or of a newer Ringback`]),
  ];
}
