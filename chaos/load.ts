import { setTimeout as delay } from 'node:timers/promises';
import { postCallback, taskBody } from '@ringback/testkit/bare';
import type { Random } from './random.ts';

export type Sent = {
  /** Repeats included. */
  requests: number;
  acked: number;
  /** Not acked. */
  refused: number;
  /** By error code. */
  readonly refusals: Record<string, number>;
  /** The connection broke or timed out. */
  unanswered: number;
  /** requestID → first ack, ms of `performance.now()`. */
  readonly ackedAt: Map<string, number>;
};

export type Load = {
  readonly sent: Sent;
  /** Resolves once nothing is under way. */
  readonly stop: () => Promise<void>;
};

export type LoadOptions = {
  /** As a load balancer knows them now. */
  readonly ingresses: () => readonly string[];
  /** Share of repeats, 0–1. */
  readonly repeats: number;
  readonly pace: Pace;
  readonly random: Random;
};

/** A sender has one callback under way, and always the same ingress. */
export type Pace = { readonly senders: number; readonly pauseMs: { readonly min: number; readonly max: number } };

export const PACES = {
  full: { senders: 8, pauseMs: { min: 5, max: 35 } },
  short: { senders: 4, pauseMs: { min: 10, max: 40 } },
} as const satisfies Record<string, Pace>;

/** Until it is stopped. */
export function startLoad({ ingresses, repeats, pace, random }: LoadOptions): Load {
  const { senders: count, pauseMs } = pace;
  const sent: Sent = { requests: 0, acked: 0, refused: 0, refusals: {}, unanswered: 0, ackedAt: new Map() };
  const stopping = new AbortController();

  async function send(requestID: string, ingress: string, taskStatus: number): Promise<void> {
    sent.requests += 1;
    const answer = await postCallback({ ingress, requestID, body: taskBody({ taskStatus }) }).catch(() => undefined);
    if (answer === undefined) {
      sent.unanswered += 1;
    } else if (answer.status === 200 && answer.body.retCode === 0) {
      sent.acked += 1;
      if (!sent.ackedAt.has(requestID)) sent.ackedAt.set(requestID, performance.now());
    } else {
      sent.refused += 1;
      const [why = ''] = answer.body.retMsg.split(':');
      sent.refusals[why] = (sent.refusals[why] ?? 0) + 1;
    }
  }

  async function runSender(number: number): Promise<void> {
    const choices = random.fork(`sender ${number}`);
    for (let serial = 0; !stopping.signal.aborted; serial += 1) {
      const urls = ingresses();
      const url = urls[number % urls.length] ?? '';
      // Another sender may repeat it before its first turn.
      const repeated = choices.chance(repeats);
      const [sender, which] = repeated ? [choices.int(0, count - 1), choices.int(0, serial)] : [number, serial];
      await send(`s${sender}-${which}`, url, 1 + (which % 5));
      await delay(choices.int(pauseMs.min, pauseMs.max));
    }
  }

  const senders = Promise.all(Array.from({ length: count }, (_, number) => runSender(number)));
  return {
    sent,
    async stop() {
      stopping.abort();
      await senders;
    },
  };
}
