import { createIORedisClient, type IRedisClient } from 'bullmq';
import type { Redis } from 'ioredis';

/*
 * This file leans on the insides of BullMQ 6.7.0: what its scripts answer that take a job (`moveToActive`,
 * and `moveToFinished`, which takes the next one), and which fields of a job it parses as JSON.
 * consumer.test.ts ("a job that cannot be read") fails when that changes.
 */

/** All of them text. */
type Fields = Readonly<Record<string, string>>;

/** BullMQ throws if these are no JSON. */
const JSON_FIELDS = ['data', 'opts', 'progress', 'parent'] as const;

/**
 * Reads a damaged job as one that is no payload of ours. BullMQ's parser would throw after the job was
 * taken, and it would be taken again for ever. In Redis it stays as it is.
 */
export function readableJobs(redis: Redis): IRedisClient {
  const client = createIORedisClient(redis);
  const runCommand: IRedisClient['runCommand'] = async (name, args) => {
    const reply: unknown = await client.runCommand(name, args);
    // [fields and values, id, …]
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
  // `rjk`: BullMQ would look for the schedule of a repeated job.
  const { rjk, ...others } = fields;
  const damaged = JSON_FIELDS.filter((name) => !isJson(name, fields[name]));
  if (damaged.length === 0 && rjk === undefined) return { ...fields };
  const unreadable = Object.fromEntries([...damaged, 'rjk'].map((name) => [name, fields[name]]));
  return { ...others, opts: '{}', progress: '0', parent: '', data: JSON.stringify({ unreadable }) };
}

/** Absent is no damage. Only the progress may be a number. */
function isJson(name: string, text: string | undefined): boolean {
  if (!text) return true;
  try {
    const value: unknown = JSON.parse(text);
    return name === 'progress' || (typeof value === 'object' && value !== null);
  } catch {
    return false;
  }
}
