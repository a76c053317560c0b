import { runProgram } from './program.ts';

await runProgram({ env: process.env });
