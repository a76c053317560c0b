import { type DeliveryReference, type Fault, faultOfReason, type SingleDelivery } from '@ringback/contracts';

/**
 * Whose fault a failure is. A failure that an earlier version wrote has no `fault`: then its reason tells, or the kind,
 * because only we refused deliveries by reference. Nothing else reads a reason.
 */
export function faultOf(payload: SingleDelivery | DeliveryReference, reason: string): Fault {
  if (payload.fault !== undefined) return payload.fault;
  return payload.kind === 'reference' ? 'ours' : faultOfReason(reason);
}
