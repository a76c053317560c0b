import { expect, it } from 'vitest';
import { createRespReader, readCommand } from './resp-reader.ts';

const VALUES = [
  '+OK\r\n',
  '-ERR no\r\n',
  ':-12\r\n',
  '$5\r\na\r\nbc\r\n',
  '$0\r\n\r\n',
  '$-1\r\n',
  '*-1\r\n',
  '*0\r\n',
  '*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n+x\r\n',
  '_\r\n',
  '#t\r\n',
  ',3.14\r\n',
  '(349\r\n',
  '!5\r\nERR n\r\n',
  '=7\r\ntxt:abc\r\n',
  '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n',
  '~2\r\n:1\r\n:2\r\n',
  '|1\r\n+ttl\r\n:3\r\n*1\r\n+value\r\n',
  '>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n',
];

it.each([1, 2, 7, 1000])('cuts a stream into whole values, in pieces of %i bytes', (size) => {
  const reader = createRespReader({ from: 'server' });
  const bytes = Buffer.from(VALUES.join(''));
  const frames = [];
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)));
  expect(frames.map(({ raw }) => raw.toString())).toEqual(VALUES);
  expect(frames.filter(({ push }) => push)).toHaveLength(1);
});

it('reads a command with any bytes in its arguments', () => {
  expect(readCommand(Buffer.from('*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\na\r\n$é\r\n$0\r\n\r\n'))).toEqual([
    'SET',
    'k',
    'a\r\n$é',
    '',
  ]);
});

it('takes a line of a client for a command', () => {
  const frames = createRespReader({ from: 'client' }).push(Buffer.from('PING\r\n*1\r\n$4\r\nQUIT\r\nSET a  b\n'));
  expect(frames.map(({ raw }) => readCommand(raw))).toEqual([['PING'], ['QUIT'], ['SET', 'a', 'b']]);
});

it('refuses what is not RESP', () => {
  expect(() => createRespReader({ from: 'server' }).push(Buffer.from('HTTP/1.1 200 OK\r\n'))).toThrow('not RESP');
  expect(() => createRespReader({ from: 'server' }).push(Buffer.from('$x\r\n'))).toThrow('not RESP');
});
