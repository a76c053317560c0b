import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { fileBytes, httpUrl, positiveNumber, timeOrAgo, wholeNumber } from './option-values.ts';

describe('option values', () => {
  it('are read', () => {
    expect(wholeNumber(1)('20')).toBe(20);
    expect(wholeNumber(1, 5)('5')).toBe(5);
    expect(positiveNumber('0.5')).toBe(0.5);
    expect(timeOrAgo(() => 7_300_000)('2h')).toBe(100_000);
    expect(timeOrAgo(Date.now)('2026-01-31T12:00Z')).toBe(1_769_860_800_000);
    expect(httpUrl('http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
    expect(fileBytes(import.meta.filename).toString()).toContain('option values');
  });

  it.each([
    ['a whole number below the least', () => wholeNumber(1)('0')],
    ['a whole number above the most', () => wholeNumber(1, 5)('6')],
    ['1.5 for a whole number', () => wholeNumber(1)('1.5')],
    ['nothing for a whole number', () => wholeNumber(0)('')],
    ['0 for a rate', () => positiveNumber('0')],
    ['a word for a rate', () => positiveNumber('fast')],
    ['Infinity for a rate', () => positiveNumber('Infinity')],
    ['a word for a time', () => timeOrAgo(Date.now)('yesterday')],
    ['a bare number for a time', () => timeOrAgo(Date.now)('5')],
    ['a host without a scheme', () => httpUrl('localhost:8080')],
    ['another scheme', () => httpUrl('ftp://host')],
    ['a file that is not there', () => fileBytes('/nowhere')],
    ['a file without an end', () => fileBytes('/dev/zero', 1024 * 1024)],
  ])('are refused: %s', (_name, read) => expect(read).toThrow(InvalidArgumentError));
});
