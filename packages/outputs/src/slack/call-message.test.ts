import { describe, expect, it } from 'vitest';
import { header, messageFor, ORDER, row } from './message-samples.ts';

type Message = ReturnType<typeof messageFor>;
const textsOf = ({ blocks }: Message) => blocks as { fields?: { text: string }[]; text?: { text: string } }[];
const fieldsOf = (message: Message) =>
  textsOf(message)
    .flatMap(({ fields = [] }) => fields.map(({ text }) => text))
    .join();
const withCall = (call: object) => messageFor('callbot.call', { ...ORDER, callInfoDetail: call });

describe('an order’s and a call’s message', () => {
  it('says what became of them, with the phone number masked and the name left out', () => {
    const { blocks, text } = messageFor('callbot.call', ORDER);
    expect(blocks).toEqual([
      header('📞 Call ended'),
      {
        type: 'section',
        fields: [
          ...row('Order', 'o-1'),
          ...row('Order finished', 'yes'),
          ...row('Task', 'spring'),
          ...row('Task ID at the provider', 't-1'),
          ...row('Phone', '••••5678'),
        ],
      },
      {
        type: 'section',
        fields: [
          ...row('Call', 'c-1'),
          ...row('Call status', '7'),
          ...row('Call duration', '131 (2 min 11 s, if in seconds)'),
          ...row('Hangup cause', 'NORMAL_CLEARING'),
          ...row('Intents', 'Interested, B'),
        ],
      },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: '<https://audio.example.com/c-1.mp3?x=1&amp;y=2|Recording of the call>',
          verbatim: true,
        },
      },
      expect.objectContaining({ type: 'context' }),
    ]);
    expect(JSON.stringify(blocks) + text).not.toMatch(/Zhang|1381234/);
  });

  it.each([
    [true, '✅ Order finished'],
    [false, '⏳ Order not finished'],
  ])('tells whether the order is finished: %j', (finish, title) => {
    expect(messageFor('callbot.order', { ...ORDER, finish }).blocks[0]).toEqual(header(title));
  });

  it('hides a phone number that is too short to mask', () => {
    expect(fieldsOf(messageFor('callbot.order', { ...ORDER, userPhone: '1234567' }))).toContain('*Phone*,••••,');
  });

  it.each([
    { callInfoDetail: null },
    { callInfoDetail: {} },
    { callInfoDetail: { intents: null, callStatus: null } },
    { userPhone: null, finish: null },
  ])('does without what is missing: %j', (missing) => {
    expect(messageFor('callbot.call', { ...ORDER, ...missing }).blocks[0]).toEqual(header('📞 Call ended'));
  });

  it('shows numbers as the digits that came', () => {
    const body = '{"orderID":"o","userTaskID":12345678901234567890,"callInfoDetail":{"callDuration":1.10}}';
    const shown = fieldsOf(messageFor('callbot.call', body));
    expect(shown).toContain('12345678901234567890');
    expect(shown).toContain('*Call duration*,1.10');
  });

  it.each([
    [0, '0 (0 s, if in seconds)'],
    [59, '59 (59 s, if in seconds)'],
    [60, '60 (1 min 0 s, if in seconds)'],
    [3661, '3661 (1 h 1 min 1 s, if in seconds)'],
    [31_000.5, '31000.5'],
    ['unknown', 'unknown'],
  ])('says what a duration of %j would be in seconds', (callDuration, shown) => {
    expect(fieldsOf(withCall({ callDuration }))).toContain(`*Call duration*,${shown}`);
  });

  it.each([
    'javascript:alert(1)',
    'https://user:word@audio.example.com/1.mp3',
    'not a URL',
    `https://audio.example.com/${'x'.repeat(3000)}`,
    'https://audio.example.com/+86-138-1234-5678.mp3',
    'https://audio.example.com/13812345678',
    '',
    null,
  ])('links no recording by %j', (callAudioUrl) => {
    expect(JSON.stringify(withCall({ callAudioUrl }))).not.toContain('Recording');
  });

  it('lets nothing out of a link', () => {
    const message = withCall({ callAudioUrl: 'https://a.example/x|<!channel>?b=c|d> *e*' });
    const [link] = textsOf(message).flatMap(({ text }) => (text?.text.includes('Recording') ? [text.text] : []));
    expect(link).toMatch(/^<[^<>|\s]+\|Recording of the call>$/);
  });
});
