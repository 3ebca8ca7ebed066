import { fileURLToPath } from 'node:url';
import { asCommand } from './local-server.js';
import { parseExampleArguments, parseWithKeyArguments, runReporting } from './with-key.command.js';

/** From dist/server/src/commands/, where this runs. */
const example = fileURLToPath(new URL('../../../../client/dist/example/refund-agent.js', import.meta.url));

/** `npm run with-key`: a command of the person's own, with access to the server of this folder. */
export const runWithKeyCommand = asCommand('npm run with-key', ['INGEST'], (argv, io) =>
  runReporting(parseWithKeyArguments, argv, io),
);

/** `npm run example`: the example of the client, in the same way. */
export const runExampleCommand = asCommand('npm run example', ['INGEST'], (argv, io) =>
  runReporting(
    (given) => ({ project: parseExampleArguments(given), command: process.execPath, args: [example] }),
    argv,
    io,
  ),
);
