import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { AddressRange, createAddressList } from './address-list.ts';

describe('an address list', () => {
  it.each([
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207'], ['192.0.2.8', '::ffff:192.0.2.8', '::192.0.2.7']],
    ['10.0.0.0/8', ['10.0.0.1', '10.255.255.255', '::ffff:10.1.2.3'], ['11.0.0.1', '9.255.255.255', '::a00:1']],
    ['10.1.2.3/8', ['10.9.9.9'], ['11.1.2.3']],
    ['0.0.0.0/0', ['1.2.3.4', '::ffff:1.2.3.4'], ['::1', '2001:db8::1']],
    ['::1', ['::1', '0:0:0:0:0:0:0:1'], ['::2', '127.0.0.1']],
    ['2001:db8::/32', ['2001:db8::1', '2001:DB8:ffff::'], ['2001:db9::1']],
    ['fe80::/10', ['fe80::1', 'fe80::1%eth0'], ['fec0::1']],
    ['::ffff:10.0.0.0/104', ['10.1.2.3', '::ffff:10.1.2.3'], ['11.1.2.3']],
  ])('of %s', (range, inside, outside) => {
    const has = createAddressList([range]);
    expect(inside.filter((address) => !has(address))).toEqual([]);
    expect(outside.filter(has)).toEqual([]);
  });

  it('has nothing that is no address, and nothing at all where it is empty', () => {
    const all = createAddressList(['0.0.0.0/0', '::/0']);
    expect(['', 'unknown', '10.0.0.1:80', '_hidden', '10.0.0', '010.0.0.1', '10.0.0.1, 10.0.0.2'].filter(all)).toEqual([]);
    expect(createAddressList([])('127.0.0.1')).toBe(false);
  });
});

it.each(['192.0.2.7', '192.0.2.0/24', '0.0.0.0/0', '::/0', '2001:db8::/32', '::ffff:10.0.0.0/104'])('%s is a range', (text) => {
  expect(Value.Check(AddressRange({ description: '' }), text)).toBe(true);
});

it.each([
  '',
  'localhost',
  '192.0.2',
  '192.0.2.0/33',
  '::/129',
  '192.0.2.0/',
  '/8',
  '192.0.2.0/24/8',
  '10.0.0.1-10.0.0.9',
  '*',
  '010.0.0.1',
])('%j is none', (text) => {
  expect(Value.Check(AddressRange({ description: '' }), text)).toBe(false);
});
