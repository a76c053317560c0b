export { readClaim } from './read-claim.ts';
export { type Claim, createLedger, type Ledger, type Outcome } from './ledger.ts';
