export { jsonSchema } from './json-schema.ts';
export { type Config, loadConfig, type LoadOptions, type OutputConfig, type SourceConfig } from './load.ts';
export { settingsFile } from './settings-file.ts';
