import { setTimeout as delay } from 'node:timers/promises';
import { openDeadLetters } from '@ringback/queue';
import { until, postCallback } from '@ringback/testkit/bare';
import { PREFIX } from '../settings.ts';
import { callbacks, keyOf, type Message, messages, OUTPUTS } from './messages.ts';
import type { Stage } from './stage.ts';
import { nothingIsTaken } from './takeovers.ts';

export type Answers = {
  /** Names, in order. */
  readonly acked: Set<string>;
  readonly refused: Set<string>;
  requests: number;
  /** Unanswered requests, and 503s. */
  repeated: number;
};

/** A process may start meanwhile, on a busy machine. */
const WITHIN_MS = 120_000;
const REPEATS_AFTER_MS = 50;

/**
 * Every protocol once. What is not acked is sent again. @param crashIsOver awaited before the dedupe window
 * ends: no process still has earlier work @throws Error if a part does not end
 */
export async function runFlow(stage: Stage, crashIsOver: () => Promise<unknown> = async () => {}): Promise<Answers> {
  const answers: Answers = { acked: new Set(), refused: new Set(), requests: 0, repeated: 0 };
  const send = (...group: readonly Message[]) => Promise.all(group.map((message) => postUntilAnswered(stage, message, answers)));
  const { plain, other, retried, replayed, refused, unfit, duplicate, conflict, spooled, spooledToo, afterWindow } = messages;

  await send(plain, other, retried, replayed, refused, unfit);
  await ended(stage, [plain, other, retried, replayed, refused]);
  await send(duplicate, conflict);

  stage.proxies.ingress.refuse();
  await send(spooled, spooledToo);
  stage.proxies.ingress.accept();

  stage.destination.recover();
  await replay(stage, replayed);
  // Ends the dedupe window: removes the claim.
  await crashIsOver();
  await until(() => isCalm(stage), { withinMs: WITHIN_MS, what: () => 'the end of every job' });
  await stage.redis.del(`${PREFIX}:ledger:${keyOf(refused)}`);
  await send(afterWindow);
  await taken(stage, [replayed, spooled, spooledToo, afterWindow]);
  return answers;
}

async function isCalm(stage: Stage): Promise<boolean> {
  // It is starting.
  const ingress = await stage.slots.ingress.readiness().catch(() => undefined);
  return ingress?.spooling === 0 && nothingIsTaken(stage);
}

async function postUntilAnswered(stage: Stage, message: Message, answers: Answers): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    answers.requests += 1;
    const ingress = stage.slots.ingress.url() ?? '';
    const answer = await postCallback({ ...message, ingress }).catch(() => undefined);
    if (answer?.status === 200 && answer.body.retCode === 0) return void answers.acked.add(message.name);
    if (answer?.status === 400) return void answers.refused.add(message.name);
    answers.repeated += 1;
    if (performance.now() > deadline) throw new Error(`${message.name} got no answer: ${JSON.stringify(answer)}`);
    await delay(REPEATS_AFTER_MS);
  }
}

async function ended(stage: Stage, group: readonly Message[]): Promise<void> {
  let open: string[] = [];
  const isOver = async () => {
    const dead = await readDeadLetters(stage);
    open = openDeliveries(stage, group).filter((delivery) => !dead.includes(delivery));
    return open.length === 0;
  };
  await until(isOver, { withinMs: WITHIN_MS, what: () => `the end of ${open.join(', ')}` });
}

async function taken(stage: Stage, group: readonly Message[]): Promise<void> {
  const missing = () => openDeliveries(stage, group);
  await until(() => missing().length === 0, { withinMs: WITHIN_MS, what: () => `the delivery of ${missing().join(', ')}` });
}

function openDeliveries({ destination }: Stage, group: readonly Message[]): string[] {
  const arrived = new Set(destination.taken.map(({ output, name }) => `${name} at ${output}`));
  return group.flatMap(({ name }) => OUTPUTS.map((output) => `${name} at ${output}`)).filter((one) => !arrived.has(one));
}

/** As `<name of the callback> at <output>`. */
export async function readDeadLetters({ redis }: Stage): Promise<string[]> {
  const store = await openDeadLetters({ redis, prefix: PREFIX, outputs: OUTPUTS, served: async () => true });
  try {
    const found: string[] = [];
    for await (const { output, callbacks: held } of store.find({})) {
      for (const { id } of held) found.push(`${callbacks.find(({ requestID }) => requestID === id)?.name ?? id} at ${output}`);
    }
    return found;
  } finally {
    await store.close();
  }
}

async function replay({ redis }: Stage, { requestID }: Message): Promise<void> {
  const store = await openDeadLetters({ redis, prefix: PREFIX, outputs: OUTPUTS, served: async () => true });
  try {
    for await (const kept of store.find({ id: requestID })) {
      const problem = await store.replay(kept);
      if (problem !== undefined) throw new Error(`not replayed: ${problem}`);
    }
  } finally {
    await store.close();
  }
}
