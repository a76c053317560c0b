import type { SQLOutputValue } from 'node:sqlite';
import type { Fault } from '@ringback/contracts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** SQLite's text is UTF-8, which has no lone surrogates: a text with such is stored as UTF-16. */
export function fromText(text: string): string | Uint8Array;
export function fromText(text: string | undefined): string | Uint8Array | null;
export function fromText(text: string | undefined): string | Uint8Array | null {
  if (text === undefined) return null;
  return text.isWellFormed() ? text : Buffer.from(text, 'utf16le');
}

export function toText(value: SQLOutputValue | undefined): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf16le');
  return String(value);
}

export const optionalText = (value: SQLOutputValue | undefined): string | undefined =>
  value === null || value === undefined ? undefined : toText(value);

export const optionalNumber = (value: SQLOutputValue | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);

const FAULTS: readonly Fault[] = ['theirs', 'ours'];
export const fromFault = (fault: Fault | undefined): number | null => (fault === undefined ? null : FAULTS.indexOf(fault));
export const toFault = (value: SQLOutputValue | undefined): Fault | undefined =>
  typeof value === 'number' ? FAULTS[value] : undefined;

/** Stored as numbers: only append. */
export const OUTCOMES = ['retry', 'dead', 'delivered'] as const;

/** Of what is written as JSON, or null. */
export function readJson(value: SQLOutputValue | undefined): Record<string, unknown> {
  return value === null || value === undefined ? {} : JSON.parse(String(value));
}
