import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageFor } from './test-message-for.ts';

describe('the message of a source that has none of its own', () => {
  it('says type, account and the first plain fields of the body', () => {
    const body =
      '{"action":"opened","number":12345678901234567890,"merged":false,"repository":{"id":1},"created_at":"2026-03-01","draft":null}';
    expect(messageFor('github.pull_request', body, { source: 'gh', account: 'main' })).toEqual({
      title: 'Github: pull request',
      state: 'neutral',
      fields: [
        { name: 'Type', value: 'github.pull_request' },
        { name: 'Account', value: 'main' },
        { name: 'Action', value: 'opened' },
        { name: 'Number', value: '12345678901234567890' },
        { name: 'Merged', value: 'no' },
        { name: 'Created at', value: '2026-03-01' },
        { name: 'repository.id', value: '1' },
      ],
      links: [],
      about: { id: 'r-1', source: 'gh', account: 'main', type: 'github.pull_request', time: '2026-03-01T12:00:00.000Z' },
    });
  });

  it.each([
    ['stripe.invoice.payment_failed', 'Stripe: invoice payment failed'],
    ['acme', 'Acme'],
    ['acme.', 'Acme'],
    ['.', 'Callback received'],
    ['', 'Callback received'],
    ['toString.constructor', 'ToString: constructor'],
  ])('takes its title from the type %j', (type, title) => {
    expect(messageFor(type, {}).title).toBe(title);
  });

  it('shows no personal data and no secret, by key or by value', () => {
    const body = {
      callerPhone: '8613812345678',
      user_name: 'Zhang Wei',
      email: 'z@example.com',
      contact: 'z@example.com',
      line: '+86 138 1234-5678',
      remark: 'Ask z@example.com',
      note: 'or +86 (138) 1234 5678',
      apiToken: 's3cret',
      clientSecret: 's3cret',
      contactId: '8613812345678',
      other: '{"crm":1}',
      payment: 'by 4111 1111 1111 1111',
      link: 'https://example.org/?access_token=s3cret',
      callId: 'c-1',
      at: '2026-03-01T12:00:00+08:00',
    };
    const message = messageFor('nxlink.call', body);
    expect(message.fields.slice(2)).toEqual([
      { name: 'Call id', value: 'c-1' },
      { name: 'At', value: '2026-03-01T12:00:00+08:00' },
    ]);
    expect(message.text).toBe(
      'Not shown: callerPhone, user_name, email, contact, line, remark, note, apiToken, clientSecret, contactId, 3 more',
    );
    expect(JSON.stringify(message)).not.toMatch(/138|Zhang|example\.com|s3cret/);
  });

  it('tells of a key that may be data only that it is there', () => {
    expect(messageFor('acme.list', { '8613812345678': 'x', 'a b': 1, ok: 1 })).toMatchObject({
      fields: [{}, {}, { name: 'Ok', value: '1' }],
      text: 'Not shown: 2 more',
    });
  });

  it('names the fields of nested objects by their keys, after the outer fields', () => {
    const data = {
      object: { id: 'in_1', lines: { data: [{}, {}, {}], url: '/v1/lines' }, tags: ['a'], empty: [], none: {}, paid: true },
      previous: { status: 'open' },
    };
    const body = { data, livemode: false, errors: [[1, 2]], type: 'invoice.paid' };
    const { fields, text } = messageFor('stripe.invoice.paid', body);
    expect(fields.slice(2).map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Livemode: no',
      'Errors: 1 item',
      'Type: invoice.paid',
      'data.object.id: in_1',
      'data.object.tags: 1 item',
      'data.object.paid: yes',
      'data.previous.status: open',
    ]);
    expect(text).toBe('Not shown: data.object.lines');
  });

  it('leaves room for every object, and shows sixteen fields in all', () => {
    const fieldsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));
    const { fields, text } = messageFor('acme.list', { a: fieldsOf(100), b: fieldsOf(100), c: fieldsOf(100) });
    const names = Array.from({ length: 16 }, (_, index) => `${index < 8 ? 'a' : 'b'}.k${index % 8}`);
    expect(fields.slice(2).map(({ name }) => name)).toEqual(names);
    expect(text).toMatch(/^Not shown: a\.k8, .*, a\.k17, \d+ more$/);
  });

  it('shows nothing of an object that describes a person or has a key that may be data', () => {
    const inner = { id: 'x1', city: 'Oslo', size: 3 };
    const body = { customer: inner, data: { owner: inner, billing_details: inner, '8613812345678': inner, clientSecret: inner } };
    const { fields, text } = messageFor('acme.list', body);
    expect(fields).toHaveLength(2);
    expect(text).toBe('Not shown: customer, data.owner, data.billing_details, data.clientSecret, 1 more');
    expect(messageFor('acme.list', { customer: 'cus_1' }).fields).toHaveLength(3);
  });

  it('names at most three keys, and shows no item of an array, for any JSON', () => {
    const mark = 'item';
    const key = fc.constantFrom('a', 'b', 'id', 'x-y', 'k9', '__proto__', 'constructor', 'toString', '');
    const leaf = fc.constantFrom('text', 7, true, null, '', [], [mark], [mark, [mark]], [{ id: mark }]);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 6 }, leaf, fc.dictionary(key, tie('tree'), { maxKeys: 9 })),
    }));
    const holds = fc.property(tree, (data) => {
      const { fields, text = '' } = messageFor('acme.list', { data });
      const [, , ...shown] = fields;
      expect(shown.length).toBeLessThanOrEqual(16);
      for (const { name, value } of shown) {
        expect(name).toMatch(/^[A-Za-z][\w -]*(\.[A-Za-z][\w-]*){0,2}$/);
        expect(value).not.toBe(mark);
      }
      expect(text).not.toContain(mark);
    });
    fc.assert(holds, { numRuns: 1000 });
  });

  it('shows eight fields of many', () => {
    const body = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, index]));
    const { fields, text } = messageFor('acme.list', body);
    expect(fields).toHaveLength(10);
    expect(text).toBe('Not shown: k8, k9, k10, k11, k12, k13, k14, k15, k16, k17, 12 more');
  });

  it.each(['[1,2]', '"text"', '7', 'null', 'not JSON', ''])('does without a body that is no object: %j', (body) => {
    const { fields, text } = messageFor('acme.event', body);
    expect(fields.map(({ name }) => name)).toEqual(['Type', 'Account']);
    expect(text).toBeUndefined();
  });
});
