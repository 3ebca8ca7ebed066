import { runImport } from './import/import.command.js';
import { asCommand } from './local-server.js';

/** `npm run import`: Ctrl-C ends it between two calls, and what was imported stays. */
export const runImportCommand = asCommand('npm run import', ['INGEST', 'READ'], runImport);
