import { describe, expect, it } from 'vitest';
import { fieldOf } from '../test-message-for.ts';
import { callbotMessage, ORDER } from './test-bodies.ts';

const withCall = (call: object) => callbotMessage('callbot.call', { ...ORDER, callInfoDetail: call });

describe('an order’s and a call’s message', () => {
  it('says what became of them, with the phone number masked and the name left out', () => {
    const message = callbotMessage('callbot.call', ORDER);
    expect(message).toMatchObject({
      title: '📞 Call ended',
      state: 'neutral',
      fields: [
        { name: 'Order', value: 'o-1' },
        { name: 'Order finished', value: 'yes' },
        { name: 'Task', value: 'spring' },
        { name: 'Task ID at the provider', value: 't-1' },
        { name: 'Phone', value: '••••5678' },
        { name: 'Call', value: 'c-1' },
        { name: 'Call status', value: '7' },
        { name: 'Call duration', value: '131 (2 min 11 s, if in seconds)' },
        { name: 'Hangup cause', value: 'NORMAL_CLEARING' },
        { name: 'Intents', value: 'Interested, B' },
      ],
      links: [{ label: 'Recording of the call', url: 'https://audio.example.com/c-1.mp3?x=1&y=2' }],
    });
    expect(JSON.stringify(message)).not.toMatch(/Zhang|1381234/);
  });

  it.each([
    [true, 'good', '✅ Order finished'],
    [false, 'neutral', '⏳ Order not finished'],
  ])('tells whether the order is finished: %j', (finish, state, title) => {
    expect(callbotMessage('callbot.order', { ...ORDER, finish })).toMatchObject({ state, title });
  });

  it('hides a phone number that is too short to mask', () => {
    expect(fieldOf(callbotMessage('callbot.order', { ...ORDER, userPhone: '1234567' }), 'Phone')).toBe('••••');
  });

  it.each([
    { callInfoDetail: null },
    { callInfoDetail: {} },
    { callInfoDetail: { intents: null, callStatus: null } },
    { userPhone: null, finish: null },
  ])('does without what is missing: %j', (missing) => {
    expect(callbotMessage('callbot.call', { ...ORDER, ...missing }).title).toBe('📞 Call ended');
  });

  it('shows numbers as the digits that came', () => {
    const message = callbotMessage(
      'callbot.call',
      '{"orderID":"o","userTaskID":12345678901234567890,"callInfoDetail":{"callDuration":1.10}}',
    );
    expect(fieldOf(message, 'Task')).toBe('12345678901234567890');
    expect(fieldOf(message, 'Call duration')).toBe('1.10');
  });

  it.each([
    [0, '0 (0 s, if in seconds)'],
    [59, '59 (59 s, if in seconds)'],
    [60, '60 (1 min 0 s, if in seconds)'],
    [3661, '3661 (1 h 1 min 1 s, if in seconds)'],
    [31_000.5, '31000.5'],
    ['unknown', 'unknown'],
  ])('says what a duration of %j would be in seconds', (callDuration, shown) => {
    expect(fieldOf(withCall({ callDuration }), 'Call duration')).toBe(shown);
  });

  it.each([
    'javascript:alert(1)',
    'https://user:word@audio.example.com/1.mp3',
    'not a URL',
    `https://audio.example.com/${'x'.repeat(3000)}`,
    'https://audio.example.com/+86-138-1234-5678.mp3',
    'https://audio.example.com/13812345678',
    'https://audio.example.com/%31%33%38%31%32%33%34%35%36%37%38.mp3',
    'https://audio.example.com/138%201234%205678.mp3',
    'https://audio.example.com/?of=%2531%2533%2538%2531%2532%2533%2534%2535%2536%2537%2538',
    'https://audio.example.com/１３８１２３４５６７８.mp3',
    '',
    null,
  ])('links no recording by %j', (callAudioUrl) => {
    expect(withCall({ callAudioUrl }).links).toEqual([]);
  });
});
