import type { Callback } from '@ringback/contracts';
import type { Message } from '../message.ts';
import { messageFor } from '../test-message-for.ts';

// Bodies such as the provider sends, for tests.

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

export function callbotMessage(type: string, data: unknown, identity: Partial<Callback> = {}): Message {
  return messageFor(type, data, { source: 'callbot', sourceType: 'callbot', ...identity });
}
