import { expect, test } from 'vitest';
import { createLogMask } from './log-mask.ts';

const LINE =
  '{"level":"info","time":"2026-03-01T12:00:00.000Z","app":"worker","requestID":"13800001111","ms":1380000,"msg":"delivered"}';

const PHONES = { phone: true };
const NAMES = { name: true, paths: ['$.requestID'] };

test('without settings a line stays as it is', () => {
  expect(createLogMask(() => undefined)(LINE)).toBe(LINE);
});

test('masks phone numbers in texts, and leaves times, numbers and ids of ours', () => {
  const mask = createLogMask(() => PHONES);
  expect(mask(LINE)).toBe(LINE.replace('13800001111', '*********11'));
  const kept = '{"requestID":"01234567-1234-1234-1234-123456789012","responseID":"12345678901","code":"RB_X"}';
  expect(mask(kept)).toBe(kept);
  expect(mask('{"err":{"message":"call +4917012345 now","stack":["a"]}}')).toBe(
    '{"err":{"message":"call ********45 now","stack":["a"]}}',
  );
});

test('masks names and paths', () => {
  const mask = createLogMask(() => NAMES);
  expect(mask('{"requestID":"x-1","userName":"A","output":"crm"}')).toBe('{"requestID":"***","userName":"***","output":"crm"}');
});
