/** Source, account and types of alerts as callbacks. */
export const ALERTS = { source: 'ringback', account: 'ringback', type: 'ringback.alert' } as const;
