import { describe, expect, it } from 'vitest';
import { messageFor } from './callbot/test-bodies.ts';

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
      ],
      links: [],
      text: 'Not shown: repository',
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
