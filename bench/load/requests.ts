import type { Callback } from '@ringback/contracts';
import { callbotDefaultPaths, sampleBody, signCallback } from '@ringback/sources';
import { ACCOUNT } from '../account.ts';

export type RequestOptions = {
  readonly count: number;
  /** Makes ids unique. */
  readonly series: number;
  readonly taskStatus: number;
};

const S_PER_MS = 1 / 1000;
const SERIES_DIGITS = 8;
const ID_DIGITS = 32;
/** Makes a body 450 bytes long, in case the provider adds fields. */
const REMARK_BYTES = 150;

/** Unique, signed, as raw bytes. */
export function writeRequests({ count, series, taskStatus }: RequestOptions): Buffer[] {
  const at = Math.floor(Date.now() * S_PER_MS);
  const createTs = String(at);
  return Array.from({ length: count }, (_, index) => {
    const body = writeBody({ at, taskStatus, index });
    const signed = signCallback({ account: ACCOUNT, body, requestID: requestID(series, index), createTs });
    const fields = { host: 'ringback.test', 'content-length': String(body.length), ...signed };
    const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`POST ${callbotDefaultPaths.task} HTTP/1.1\r\n${head.join('')}\r\n${body}`, 'latin1');
  });
}

/** As a worker gets it. */
export function sampleCallback(index: number): Callback {
  const time = Date.now();
  const body = writeBody({ at: Math.floor(time * S_PER_MS), taskStatus: 3, index });
  const id = requestID(0, index);
  return { id, source: 'callbot', account: ACCOUNT.uuid, type: 'callbot.task.completed', time, receivedAt: time, body };
}

function writeBody({ at, taskStatus, index }: { at: number; taskStatus: number; index: number }): string {
  const body = sampleBody({ kind: 'task', at, taskStatus, serial: 10_000 + index });
  return `${body.slice(0, -1)},"remark":"${'-'.repeat(REMARK_BYTES)}"}`;
}

/** All ASCII; may vary by a digit. */
export const BODY_BYTES = writeBody({ at: 1_700_000_000, taskStatus: 3, index: 0 }).length;

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
