import { isFreePort } from '@ringback/redis-server';

/** Above the cluster's own default, and below what other tests take: there, the nodes' second ports are free as well. */
const LOWEST = 7100;
const BLOCK = 10;
const BLOCKS = 280;
/** Redis adds this to a node's port, for what nodes tell each other. */
const BUS = 10_000;

/** The first of ten ports in a row that nobody uses, with those of the nodes' bus. */
export async function freePortBlock(): Promise<number> {
  for (let attempt = 0; attempt < BLOCKS; attempt += 1) {
    const first = LOWEST + BLOCK * Math.floor(Math.random() * BLOCKS);
    const ports = Array.from({ length: BLOCK }, (_, index) => first + index);
    const free = await Promise.all(ports.flatMap((port) => [port, port + BUS]).map(isFreePort));
    if (!free.includes(false)) return first;
  }
  throw new Error('no ten free ports in a row');
}
