export { forgetInSpool } from './forget.ts';
export { openSpools, type Spool } from './spool.ts';
export { createSpooledProducer } from './spooled-producer.ts';
