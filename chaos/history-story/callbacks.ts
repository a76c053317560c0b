import { randomBytes } from 'node:crypto';
import { SENDER } from '../../bench/account.ts';
import { bodyOf, orderID, phone, type Subject, type Task, taskID } from '../../bench/history/bodies.ts';

/** The whole traffic of three tasks, and what is known of it without asking Ringback. */
export type Traffic = {
  /** As raw bytes, in the order of their coming. */
  readonly thirds: readonly [Buffer[], Buffer[], Buffer[]];
  readonly requestIDs: readonly string[];
  readonly tasks: readonly string[];
  /** Orders whose calls come and whose own callbacks do not. */
  readonly missing: readonly string[];
  /** requestIDs of the orders of the middle third. */
  readonly middleOrders: readonly string[];
  /** Two callbacks of the middle third have it. */
  readonly phone: string;
};

const TASKS = 3;
const THIRDS = 3;

type Told = { readonly subject: Subject; readonly requestID: string; readonly request: Buffer };

/** About `count` callbacks: a call and an order each, and a report of each task after each third. */
export function makeTraffic(count: number, { noise }: Noise): Traffic {
  const orders = Math.floor(count / 2 / TASKS / THIRDS) * TASKS * THIRDS;
  // One of each task, in the last third.
  const missing = Array.from({ length: TASKS }, (_, task) => orders - TASKS * 2 + task);
  const tasks = Array.from({ length: TASKS }, (_, number): Task => ({ number, orders: orders / TASKS }));
  const told = Array.from({ length: THIRDS }, (_, third) => tellThird({ third, orders, tasks, missing, noise }));
  const [first = [], middle = [], last = []] = told.map((all) => all.map(({ request }) => request));
  const chosen = Math.floor(orders / 2);
  return {
    thirds: [first, middle, last],
    requestIDs: told.flat().map(({ requestID }) => requestID),
    tasks: tasks.map(taskID),
    missing: missing.map(orderID),
    middleOrders: (told[1] ?? []).filter(({ subject }) => subject.kind === 'order').map(({ requestID }) => requestID),
    phone: phone(chosen),
  };
}

/** Random bytes in each body. */
type Noise = { readonly noise: number };

type Third = Noise & {
  readonly third: number;
  readonly orders: number;
  readonly tasks: readonly Task[];
  readonly missing: readonly number[];
};

function tellThird({ third, orders, tasks, missing, noise }: Third): Told[] {
  const size = orders / THIRDS;
  const numbers = Array.from({ length: size }, (_, index) => third * size + index);
  const pairs = numbers.flatMap((order): Subject[] => {
    const task = tasks[order % TASKS] ?? { number: 0, orders };
    const call: Subject = { kind: 'call', task, order };
    return missing.includes(order) ? [call] : [call, { kind: 'order', task, order }];
  });
  const reports = tasks.map((task): Subject => ({ kind: 'task', task, finished: (task.orders * (third + 1)) / THIRDS }));
  return [...pairs, ...reports].map((subject) => tell(subject, noise));
}

function tell(subject: Subject, noise: number): Told {
  const [requestID, body, at] = [requestIDOf(subject), Buffer.from(withNoise(bodyOf(subject), noise)), Date.now()];
  const signed = SENDER.sign({ kind: subject.kind, body, requestID, at });
  const fields = { host: 'ringback.test', 'content-length': String(body.length), ...signed };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = Buffer.from(`POST ${SENDER.path(subject.kind)} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1');
  return { subject, requestID, request: Buffer.concat([start, body]) };
}

function withNoise(body: string, bytes: number): string {
  return bytes === 0 ? body : body.replace(/^\{/, `{"noise":"${randomBytes(bytes).toString('base64')}",`);
}

function requestIDOf(subject: Subject): string {
  const number = subject.kind === 'task' ? `${subject.task.number}-${subject.finished}` : String(subject.order);
  return `story-${subject.kind}-${number}`;
}
