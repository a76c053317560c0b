import { createIORedisClient, type IRedisClient } from 'bullmq';
import type { Redis } from 'ioredis';

/*
 * This file leans on the insides of BullMQ 6.7.0: what its scripts answer that take a job (`moveToActive`,
 * and `moveToFinished`, which takes the next one), and which fields of a job it parses as JSON.
 * consumer.test.ts ("a job that cannot be read") fails when that changes.
 */

/** A job's fields as they stand in Redis, all of them text. */
type Fields = Readonly<Record<string, string>>;

/** What BullMQ parses, and throws on when it is no JSON. */
const JSON_FIELDS = ['data', 'opts', 'progress', 'parent'] as const;

/**
 * The connection as BullMQ's queues and workers are given it: it reads a damaged job as one that is no
 * payload of ours, which the payload check then sets aside, and which can be listed. Without it BullMQ's own
 * parser throws between taking the job and processing it: the job would be taken, stall and be taken again
 * for ever. What stands in Redis stays as it is, for a person to see.
 */
export function readableJobs(redis: Redis): IRedisClient {
  const client = createIORedisClient(redis);
  const runCommand: IRedisClient['runCommand'] = async (name, args) => {
    const reply: unknown = await client.runCommand(name, args);
    // `moveToActive`, and those that finish a job and take the next: [fields and values of the job, its id, …]
    return name.startsWith('moveTo') && Array.isArray(reply) && Array.isArray(reply[0])
      ? reply.with(0, Object.entries(readable(fieldsOf(reply[0]))).flat())
      : reply;
  };
  const hgetall: IRedisClient['hgetall'] = async (key) => readable(await client.hgetall(key));
  return Object.create(client, { runCommand: { value: runCommand }, hgetall: { value: hgetall } });
}

function fieldsOf(reply: readonly string[]): Fields {
  return Object.fromEntries(reply.flatMap((name, index) => (index % 2 === 0 ? [[name, reply[index + 1] ?? '']] : [])));
}

function readable(fields: Fields): Record<string, string> {
  // `rjk` makes it a repeated job, which nothing of ours is: BullMQ would look for its schedule before it processes it.
  const { rjk, ...others } = fields;
  const damaged = JSON_FIELDS.filter((name) => !isJson(name, fields[name]));
  if (damaged.length === 0 && rjk === undefined) return { ...fields };
  const unreadable = Object.fromEntries([...damaged, 'rjk'].map((name) => [name, fields[name]]));
  return { ...others, opts: '{}', progress: '0', parent: '', data: JSON.stringify({ unreadable }) };
}

/** What is absent is no damage. BullMQ looks for properties in all but the progress, which may be a number. */
function isJson(name: string, text: string | undefined): boolean {
  if (!text) return true;
  try {
    const value: unknown = JSON.parse(text);
    return name === 'progress' || (typeof value === 'object' && value !== null);
  } catch {
    return false;
  }
}
