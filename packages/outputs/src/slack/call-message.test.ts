import { describe, expect, it } from 'vitest';
import { header, messageFor, ORDER, plain } from './message-samples.ts';

describe('an order’s and a call’s message', () => {
  it('says what became of them, with the phone number masked and the name left out', () => {
    const { blocks, text } = messageFor('callbot.call', ORDER);
    expect(blocks).toEqual([
      header('Call ended'),
      {
        type: 'section',
        fields: [
          plain('Order\no-1'),
          plain('Order finished\nyes'),
          plain('Task\nspring'),
          plain('Task ID at the provider\nt-1'),
          plain('Phone\n••••5678'),
          plain('Call\nc-1'),
          plain('Call status\n7'),
          plain('Call duration\n31'),
          plain('Hangup cause\nNORMAL_CLEARING'),
          plain('Intents\nInterested, B'),
        ],
      },
      expect.objectContaining({ type: 'context' }),
    ]);
    expect(JSON.stringify(blocks) + text).not.toMatch(/Zhang|1381234/);
  });

  it.each([
    [true, 'Order finished'],
    [false, 'Order not finished'],
  ])('tells whether the order is finished: %j', (finish, title) => {
    expect(messageFor('callbot.order', { ...ORDER, finish }).blocks[0]).toEqual(header(title));
  });

  it('hides a phone number that is too short to mask', () => {
    expect(JSON.stringify(messageFor('callbot.order', { ...ORDER, userPhone: '1234567' }))).toContain('Phone\\n••••"');
  });

  it.each([
    { callInfoDetail: null },
    { callInfoDetail: {} },
    { callInfoDetail: { intents: null, callStatus: null } },
    { userPhone: null, finish: null },
  ])('does without what is missing: %j', (missing) => {
    expect(messageFor('callbot.call', { ...ORDER, ...missing }).blocks[0]).toEqual(header('Call ended'));
  });

  it('shows numbers as the digits that came', () => {
    const body = '{"orderID":"o","userTaskID":12345678901234567890,"callInfoDetail":{"callDuration":1.10}}';
    const shown = JSON.stringify(messageFor('callbot.call', body));
    expect(shown).toContain('12345678901234567890');
    expect(shown).toContain('Call duration\\n1.10');
  });
});
