import type { SlackMessage } from './block-kit.ts';
import { writeMessage } from './message.ts';

// For the tests of messages: bodies such as the provider sends, the message that Ringback makes of a body, and the blocks to expect in it.

export const STAT = {
  answerOrderCount: 45,
  finishOrderCount: 90,
  totalOrderCount: 100,
  finishRate: 0.9,
  totalAnswerCall: 50,
  totalCall: 120,
  answerRate: 0.42,
};

export const TASK = {
  callbackType: 1,
  userTaskID: 'spring',
  taskID: 't-1',
  sceneID: 's-1',
  taskStatus: 2,
  createTs: 1,
  taskStat: STAT,
};

export const ORDER = {
  callbackType: '1',
  orderID: 'o-1',
  userPhone: '8613812345678',
  userName: 'Zhang Wei',
  userTaskID: 'spring',
  taskID: 't-1',
  finish: true,
  callInfoDetail: {
    callID: 'c-1',
    callStatus: 7,
    callDuration: 131,
    callAudioUrl: 'https://audio.example.com/c-1.mp3?x=1&y=2',
    hangupCause: 'NORMAL_CLEARING',
    intents: [{ intentName: 'Interested', intentTag: 'A' }, {}, null, { intentTag: 'B' }],
    agent: null,
    params: [{ name: 'x', value: null }],
  },
};

/** The message for a callback of 2026-03-01T12:00:00Z whose body is `data`: JSON text as it is, anything else as JSON. */
export function messageFor(type: string, data: unknown, identity: { id?: string; source?: string } = {}): SlackMessage {
  const time = Date.parse('2026-03-01T12:00:00Z');
  const body = typeof data === 'string' ? data : JSON.stringify(data);
  return writeMessage({ id: 'r-1', source: 'callbot', account: 'account-1', type, time, receivedAt: time, body, ...identity });
}

export function plain(text: string): object {
  return { type: 'plain_text', text, emoji: false };
}

/** The two fields of a row. */
export function row(label: string, value: string): object[] {
  return [{ type: 'mrkdwn', text: `*${label}*`, verbatim: true }, plain(value)];
}

export function header(text: string): object {
  return { type: 'header', text: plain(text) };
}

export function context(text: string): object {
  return { type: 'context', elements: [plain(text)] };
}
