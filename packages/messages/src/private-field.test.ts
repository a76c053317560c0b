import { describe, expect, it } from 'vitest';
import { isPerson, isPrivateKey, publicText } from './private-field.ts';
import { messageFor } from './test-message-for.ts';

const shown = (body: unknown) =>
  messageFor('acme.event', body)
    .fields.slice(2)
    .map(({ name, value }) => `${name}: ${value}`);

describe('a field that looks private', () => {
  it.each([
    { phone1: '020 7946 0958' },
    { address1: '1 Main St' },
    { phonenumber: '912345678' },
    { customername: 'Ann' },
    { names: 'Ann Smith' },
    { number: '4111111111111111' },
    '{"number":4111111111111111}',
    { pan: '41 11' },
    { u2: 'https://hooks.slack.com/services/T0/B0/XXXX' },
    { q2: 'https://a/?code=abc&sid=1' },
    { line: '020 7946 0958' },
    { line: '(020) 7946 0958' },
    { line: '555-867-5309' },
    { line: '５５５‑８６７‑５３０９' },
    { amex: '3782 822463 10005' },
    { account: 'DE89 3704 0044 0532 0130 00' },
    { src: 'at 203.0.113.7' },
    { src: '2001:db8:0:0:0:0:0:1' },
    { at: 'ann%40example.com' },
    { at: 'ann%2540example.com' },
    { line: '86138\u200b1234\u202e5678' },
    { customer: 'Ann Smith' },
    { customers: { id: 7 } },
    { customerinfo: { id: 7 } },
    { value: 'xoxb-abcDEF123456ghiJKL7890' },
    { value: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x' },
    { value: 'AKIAIOSFODNN7EXAMPLE' },
    { value: '6113728f27ae82c7b1a177c8d03f9e96e0adf246' },
    { value: `${'x '.repeat(140)}4111 1111 1111 1111` },
  ])('shows nothing of it: %j', (body) => {
    const message = JSON.stringify(messageFor('acme.event', body));
    expect(message).not.toMatch(/7946|Main|9123|Ann|4111|41 11|T0|abc|5309|５３０９|8224|0440|203\.|db8|example\.com|138|id: 7/);
    expect(message).not.toMatch(/xoxb|eyJ|AKIA|6113/);
  });

  it('does not name a key that holds a phone number or a token', () => {
    const { fields, text } = messageFor('acme.event', { tel8613812345678: 1, abcDEF123456ghiJKL7890: 2 });
    expect(fields).toHaveLength(2);
    expect(text).toBe('Not shown: 2 more');
  });

  it('is told by a word, its plural, a number after it, or a longer word with it', () => {
    const keys = ['emails', 'zip2', 'bodies', 'addresses', 'cities', 'last4', 'userphone', 'phoneno', 'apikeys', 'x_tokens1'];
    const more = ['firstName3', 'homeaddress', 'authtoken', 'sessionid', 'IBANnumber', 'ipv4', 'cookies', 'birthplace', 'sms'];
    const others = ['dateofbirth', 'contactNumber', 'contact_no2', 'contactnum', 'fax', 'passcode', 'lon', 'coordinates', 'nick'];
    expect([...keys, ...more, ...others].filter((key) => !isPrivateKey(key))).toEqual([]);
  });

  it('is not told by a word that only looks like one', () => {
    const keys = ['namespace', 'filename', 'hostnames', 'context', 'page', 'usage', 'status', 'capacity', 'allocation'];
    const more = ['cardinality', 'discard', 'wildcards', 'author', 'state', 'total', 'action', 'design', 'description', 'token_'];
    expect([...keys, ...more].filter(isPrivateKey)).toEqual(['token_']);
    expect(['customers', 'sender2', 'billinginfo'].filter((key) => !isPerson(key))).toEqual([]);
  });
});

describe('a value that is shown', () => {
  it.each([
    ['https://github.com/acme/app/pull/7', 'https://github.com/acme/…'],
    ['see https://example.org/orders/42?code=abc#x now', 'see https://example.org/orders/… now'],
    ['https://hooks.slack.com/services/T0/B0/XXXX', 'https://hooks.slack.com/services/…'],
    ['https://discord.com/api/webhooks/1/x', 'https://discord.com/api/…'],
    ['https://api.telegram.org/bot1:AB/send', 'https://api.telegram.org/…'],
    ['https://a/?code=abc&sid=1', 'https://a/…'],
    ['https://a?code=abc', 'https://a/…'],
    ['https://example.org/', 'https://example.org/'],
    ['https://example.org', 'https://example.org'],
    ['1https://a.example/x1', '1https://a.example/…'],
    ['(https://a.example:8080/x/y)', '(https://a.example:8080/x/…'],
    ['hooks.slack.com/services/T0/B0/XXXX', 'hooks.slack.com/services/…'],
    ['/v1/lines?code=abc', '/v1/lines?…'],
  ])('has no path and no query of a URL: %s', (text, value) => {
    expect(publicText('link', text)).toBe(value);
  });

  it.each([
    '2026-03-01T12:00:00+08:00',
    '2026-03-01 12:00:00.000',
    '0b6f8a52-4c1e-4d3a-9f60-1234567890ab',
    'feature-branch-2026-new',
    'NORMAL_CLEARING',
    'invoice.payment_failed',
    '12345678901234567890',
    '1.10',
    'v1.2.3',
    'application/json; charset=utf-8',
    'refs/heads/main',
    'Order 42 of 100',
  ])('is not taken for private: %s', (text) => {
    expect(publicText('value', text)).toBe(text);
  });

  it('may be a long id under a key that ends in id', () => {
    const id = 'in_1MtHbELkdIwHu7ixl4OzzPMv';
    expect(shown({ id, invoice_id: id, value: id })).toEqual([`Id: ${id}`, `Invoice id: ${id}`]);
    expect(shown({ customer: 'cus_1', customerId: 7 })).toEqual(['Customer: cus_1', 'Customer id: 7']);
  });

  it('has no character that changes the direction of the text', () => {
    const marks = '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069';
    const message = messageFor(`acme.ev${marks}ent`, { action: `op${marks}ened`, state: marks }, { id: `r${marks}` });
    expect(message.title).toBe('Acme: event');
    expect(message.fields.slice(2)).toEqual([{ name: 'Action', value: 'opened' }]);
    expect(JSON.stringify(message)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });
});
