import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { callbackKey, createSecret } from '@ringback/contracts';
import { expect, test } from 'vitest';
import { createBodyCodec } from './body-codec.ts';

const KEY = Buffer.alloc(32, 7);
const OTHER = Buffer.alloc(32, 9).toString('hex');
const callback = { id: 'r-1', source: 'callbot', account: 'a', body: '{"phone":"13800001111","n":"王芳 😀"}' };

function codec(keys: readonly string[], active = true) {
  const settings = { keys: keys.map((key) => ({ key: createSecret(key) })), active };
  return createBodyCodec(() => settings);
}

const own = codec([KEY.toString('base64')]);

test('seals by AES-256-GCM with the id of the key, bound to the callback', () => {
  const id = createHash('sha256').update('ringback body key id').update(KEY).digest('base64url').slice(0, 8);
  const ivKey = createHmac('sha256', KEY).update('ringback body iv').digest();
  const aad = callbackKey(callback);
  const iv = createHmac('sha256', ivKey).update(`${aad}\n${callback.body}`).digest().subarray(0, 12);
  const cipher = createCipheriv('aes-256-gcm', KEY, iv).setAAD(Buffer.from(aad));
  const bytes = Buffer.concat([iv, cipher.update(callback.body), cipher.final(), cipher.getAuthTag()]);
  expect(own.seal(callback)).toEqual({ ...callback, body: `rb1.${id}.${bytes.toString('base64url')}` });
});

test.each([callback.body, '', '{}', 'rb1.', 'rb1.notsealed.x'])('opens what it sealed: %s', (body) => {
  const sealed = own.seal({ ...callback, body });
  expect(sealed.body).not.toBe(body);
  expect(own.open(sealed).body).toBe(body);
  expect(own.seal(sealed)).toBe(sealed);
});

test('without keys it gives back what it got, and does not open what is sealed', () => {
  const none = createBodyCodec(() => undefined);
  expect(none.seal(callback)).toBe(callback);
  expect(none.open(callback)).toBe(callback);
  expect(() => none.open(own.seal(callback))).toThrow(expect.objectContaining({ code: 'RB_KEY_MISSING' }));
});

test('further keys open, and so do all once nothing is sealed any more', () => {
  const sealed = own.seal(callback);
  expect(codec([OTHER, KEY.toString('hex')]).open(sealed)).toEqual(callback);
  const off = codec([KEY.toString('base64url')], false);
  expect(off.open(sealed)).toEqual(callback);
  expect(off.seal(callback)).toBe(callback);
});

test('seals anew with the first key what another one sealed, and what is plain', () => {
  const both = codec([OTHER, KEY.toString('base64')]);
  const anew = codec([OTHER]).seal(callback);
  for (const before of [own.seal(callback), callback, anew]) expect(both.reseal(before)).toEqual(anew);
  expect(both.reseal(anew)).toBe(anew);
  expect(both.resealBody(own.seal(callback).body, callbackKey(callback))).toBe(anew.body);
  expect(codec([OTHER, KEY.toString('base64')], false).reseal(own.seal(callback))).toEqual(own.seal(callback));
  expect(() => codec([OTHER]).reseal(own.seal(callback))).toThrow(expect.objectContaining({ code: 'RB_KEY_MISSING' }));
  expect(() => both.reseal({ ...own.seal(callback), id: 'r-2' })).toThrow(expect.objectContaining({ code: 'RB_BODY_TAMPERED' }));
});

test('a missing key is named, and never shown', () => {
  const sealed = own.seal(callback);
  expect(() => codec([OTHER]).open(sealed)).toThrow(sealed.body.split('.')[1]);
});

test('refuses a body of another callback, and a changed one', () => {
  const sealed = own.seal(callback);
  const tampered = expect.objectContaining({ code: 'RB_BODY_TAMPERED' });
  expect(() => own.open({ ...sealed, id: 'r-2' })).toThrow(tampered);
  const at = sealed.body.length - 30;
  const changed = sealed.body.slice(0, at) + (sealed.body[at] === 'A' ? 'B' : 'A') + sealed.body.slice(at + 1);
  expect(() => own.open({ ...sealed, body: changed })).toThrow(tampered);
});

test.each([KEY.subarray(1).toString('base64'), 'x', `${KEY.toString('hex')}00`])('refuses a key of another size', (key) => {
  expect(() => codec([key]).seal(callback)).toThrow(expect.objectContaining({ code: 'RB_CONFIG_INVALID' }));
});
