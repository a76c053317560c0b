export function sampleEvent({ at, serial }: { at: number; serial: number }) {
  return {
    id: `evt_${100_000 + serial}`,
    type: 'invoice.paid',
    timestamp: new Date(at).toISOString(),
    data: { id: `in_${500_000 + serial}`, amount: 4200 + serial, currency: 'eur', customer: `cus_${serial}` },
  };
}
