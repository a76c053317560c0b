import type { Callback } from '@ringback/contracts';
import { BENCH_ACCOUNT, SENDER } from '../account.ts';

export type RequestOptions = {
  readonly count: number;
  /** Makes ids unique. */
  readonly series: number;
  readonly taskStatus: number;
};

const KIND = 'task';
const SERIES_DIGITS = 8;
const ID_DIGITS = 32;
/** Makes a body 450 bytes long, in case the provider adds fields. */
const REMARK_BYTES = 150;

/** Unique, signed, as raw bytes. */
export function writeRequests({ count, series, taskStatus }: RequestOptions): Buffer[] {
  const at = Date.now();
  const path = SENDER.path(KIND);
  return Array.from({ length: count }, (_, index) => {
    const body = writeBody({ at, taskStatus, index });
    const signed = SENDER.sign({ kind: KIND, body: Buffer.from(body), requestID: requestID(series, index), at });
    const fields = { host: 'ringback.test', 'content-length': String(body.length), ...signed };
    const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join('')}\r\n${body}`, 'latin1');
  });
}

/** As a worker gets it. */
export function sampleCallback(index: number): Callback {
  const time = Date.now();
  const body = writeBody({ at: time, taskStatus: 3, index });
  const id = requestID(0, index);
  return { id, source: 'callbot', account: BENCH_ACCOUNT.uuid, type: 'callbot.task.completed', time, receivedAt: time, body };
}

function writeBody({ at, taskStatus, index }: { at: number; taskStatus: number; index: number }): string {
  const body = SENDER.sample({ kind: KIND, at, status: taskStatus, serial: 10_000 + index });
  return `${body.slice(0, -1)},"remark":"${'-'.repeat(REMARK_BYTES)}"}`;
}

/** All ASCII; may vary by a digit. */
export const BODY_BYTES = writeBody({ at: 1_700_000_000_000, taskStatus: 3, index: 0 }).length;

/** 32 digits, as the provider's. `indexIn` reads it back. */
function requestID(series: number, index: number): string {
  return String(series).padStart(SERIES_DIGITS, '0') + String(index).padStart(ID_DIGITS - SERIES_DIGITS, '0');
}

/** From the first `"requestID":"`. */
export function indexIn(text: string): number {
  const marker = '"requestID":"';
  const start = text.indexOf(marker) + marker.length;
  return Number(text.slice(start + SERIES_DIGITS, start + ID_DIGITS));
}
