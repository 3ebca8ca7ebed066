import { runApi, runServe, runWorker } from './commands/serve.js';
import { runMigrate } from './commands/migrate.js';

const help = `Binnacle, the operations platform for AI agents.

Usage: npm start                 everything in one process, on the embedded database unless DATABASE_URL is set
       npm run api               answers requests only   (needs DATABASE_URL)
       npm run worker            runs jobs only          (needs DATABASE_URL)
       npm run migrate           brings the database to the newest version
       npm run import -- --help  reads agent runs from files
       npm run reprice -- --help prices steps again whose cost nobody reported
       npm run with-key -- --help runs an agent of yours with access to this server
       npm run example           runs the example of the client (client/example/)
       npm run demo -- --help    a made-up fleet at work, to look at

The README lists the settings, which are environment variables.
`;

type Command = (argv: string[]) => Promise<number>;

/** Loaded only when asked for: the server does not need what the clients need. */
const commands: Record<string, () => Promise<Command>> = {
  serve: () => Promise.resolve(runServe),
  api: () => Promise.resolve(runApi),
  worker: () => Promise.resolve(runWorker),
  migrate: () => Promise.resolve(runMigrate),
  import: async () => (await import('./commands/import.js')).runImportCommand,
  reprice: async () => (await import('./commands/reprice.js')).runRepriceCommand,
  'with-key': async () => (await import('./commands/with-key.js')).runWithKeyCommand,
  example: async () => (await import('./commands/with-key.js')).runExampleCommand,
  demo: async () => (await import('./commands/demo.js')).runDemoCommand,
  schema: async () => (await import('./commands/print-schema.js')).runPrintSchema,
};

/** Commands that explain themselves. */
const hasOwnHelp = new Set(['import', 'reprice', 'with-key', 'demo']);

const [name = 'serve', ...argv] = process.argv.slice(2);
const load = commands[name];
if (name === '--help' || name === 'help' || (argv.includes('--help') && !hasOwnHelp.has(name))) {
  process.stdout.write(help);
} else if (!load) {
  process.stderr.write(`There is no command "${name}".\n\n${help}`);
  process.exitCode = 2;
} else {
  try {
    const run = await load();
    process.exitCode = await run(argv);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
// A command has stopped what it started when it returns; a library's timer that is left over shall not hold the process.
process.exit();
