import type { Callback } from '@ringback/contracts';
import type { Message } from '../message.ts';
import { writeMessage } from '../write-message.ts';

// For the tests of messages: bodies such as the provider sends, and the message that Ringback makes of a body.

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
export function messageFor(type: string, data: unknown, identity: Partial<Callback> = {}): Message {
  const time = Date.parse('2026-03-01T12:00:00Z');
  const body = typeof data === 'string' ? data : JSON.stringify(data);
  return writeMessage({ id: 'r-1', source: 'callbot', account: 'account-1', type, time, receivedAt: time, body, ...identity });
}

/** The value beside a name, undefined if the message has no such field. */
export function fieldOf({ fields }: Message, name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}
