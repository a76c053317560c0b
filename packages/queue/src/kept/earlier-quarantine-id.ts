import type { KeptFacts } from './quarantine-room.ts';

/**
 * Earlier versions of Ringback wrote into an entry's id what its body takes and which group it belongs to:
 * `<key>.<digest>.<size>.<group>`, and before that without the group. Such an entry counts for the whole
 * alone then.
 */
export function factsOfEarlierId(id: string): KeptFacts {
  const [key = '', digest = '', size = '', group = ''] = id.split('.');
  return { identity: `${key}.${digest}`, size: Number(size) || 0, group };
}
