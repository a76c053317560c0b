export { type CallbotAccount, type CallbotSettings, DEFAULT_PATHS as callbotDefaultPaths } from './callbot/config.ts';
export { OrderBody as CallbotOrderBody, TaskBody as CallbotTaskBody } from './callbot/schema.ts';
export { SAMPLE_KINDS, sampleBody, type SampleKind, type SampleOptions } from './callbot/samples.ts';
export { signCallback, type SignOptions } from './callbot/sender.ts';
export { createSenders, createSources, SENDER_KINDS, sourceTypes, type SourceStanza } from './registry.ts';
