export { outcomesKey } from './outcomes-key.ts';
export { createRunScript, type RunScript } from './run-script.ts';
