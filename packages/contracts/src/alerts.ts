/** What alerts are as callbacks: of which source, account and type (`ringback.alert.firing`, `ringback.alert.resolved`). */
export const ALERTS = { source: 'ringback', account: 'ringback', type: 'ringback.alert' } as const;
