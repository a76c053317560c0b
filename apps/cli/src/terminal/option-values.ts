import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { Duration } from '@ringback/contracts';
import { InvalidArgumentError } from 'commander';
import { Value } from 'typebox/value';

/** All throw InvalidArgumentError, which commander shows with the option's name. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      max === Number.MAX_SAFE_INTEGER ? `A whole number from ${min} on.` : `A whole number from ${min} to ${max}.`,
    );
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('A number above 0.');
}

export function httpUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new InvalidArgumentError('A URL such as http://127.0.0.1:8080.');
}

const Ago = Duration({ description: 'How long ago.' });

/** ISO 8601, or a duration before `now` → ms since the epoch. */
export function timeOrAgo(now: () => number): (text: string) => number {
  return (text) => {
    if (Value.Check(Ago, text)) return now() - Value.Decode(Ago, text);
    const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(time)) return time;
    throw new InvalidArgumentError('A time such as 2026-01-31T12:00Z, or a duration such as 2h.');
  };
}

const Length = Duration({ description: 'How long.' });

/** `30s` → ms. */
export function duration(text: string): number {
  if (Value.Check(Length, text)) return Value.Decode(Length, text);
  throw new InvalidArgumentError('A duration such as 30s or 10m.');
}

const MIB = 1024 * 1024;
const CHUNK_BYTES = MIB;
/** That of the largest `ingress.bodyLimit`. */
const MOST_FILE_BYTES = 64 * MIB;

/** Also of a pipe or a device, whose size nobody knows and which may have no end. `most`: in bytes. */
export function fileBytes(path: string, most: number = MOST_FILE_BYTES): Buffer {
  let bytes: Buffer;
  try {
    bytes = readUpTo(path, most + 1);
  } catch {
    throw new InvalidArgumentError('This file cannot be read.');
  }
  if (bytes.length <= most) return bytes;
  throw new InvalidArgumentError(`This file is larger than ${most / MIB} MiB.`);
}

function readUpTo(path: string, most: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let left = most; left > 0;) {
      const part = Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES));
      const read = readSync(file, part);
      if (read === 0) break;
      parts.push(part.subarray(0, read));
      left -= read;
    }
    return Buffer.concat(parts);
  } finally {
    closeSync(file);
  }
}

/** Undefined: there is no such file. */
export function fileIfThere(path: string): Buffer | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined;
}
