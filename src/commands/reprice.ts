import { asCommand } from './local-server.js';
import { runReprice } from './reprice.command.js';

/** `npm run reprice`: Ctrl-C ends the looking; the server goes on. */
export const runRepriceCommand = asCommand('npm run reprice', ['READ', 'MANAGE'], runReprice);
