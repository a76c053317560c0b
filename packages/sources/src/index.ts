export { type CallbotAccount, type CallbotSettings, DEFAULT_PATHS as callbotDefaultPaths } from './callbot/config.ts';
export { OrderBody as CallbotOrderBody, TaskBody as CallbotTaskBody } from './callbot/schema.ts';
export {
  SAMPLE_KINDS,
  sampleBody,
  type SampleKind,
  type SampleOptions,
  signCallback,
  type SignOptions,
} from './callbot/samples.ts';
export { createSources, sourceTypes, type SourceStanza } from './registry.ts';
