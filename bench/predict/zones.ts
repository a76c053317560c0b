import { costAt, type Costs, type Figure } from './costs.ts';

/** Bytes of one callback between each two of them, and how many of these cross a zone. */
export type Leg = { readonly name: string; readonly bytes: number; readonly crossing: number };

export type ZoneOptions = { readonly zones: number; readonly replicas: number; readonly outputs: number };

/**
 * If clients, apps and primaries are spread evenly over the zones, and nobody prefers their own. Each replica is in
 * another zone than its primary.
 */
export function legsOf(costs: Costs, { zones, replicas, outputs }: ZoneOptions): Leg[] {
  const elsewhere = (zones - 1) / zones;
  const per = (figure: Figure) => costAt(figure, outputs, costs.batch, costs.batch);
  const legs = [
    { name: 'load balancer to ingress', bytes: costs.requestBytes, share: elsewhere },
    { name: 'ingress and primary', bytes: per(costs.ackInBytes) + per(costs.ackOutBytes), share: elsewhere },
    { name: 'primary and worker', bytes: per(costs.deliverInBytes) + per(costs.deliverOutBytes), share: elsewhere },
    { name: 'primary to its replicas', bytes: replicas * per(costs.writtenBytes), share: zones > 1 ? 1 : 0 },
  ];
  return legs.map(({ name, bytes, share }) => ({ name, bytes, crossing: bytes * share }));
}
