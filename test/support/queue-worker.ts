import { setTimeout as sleep } from 'node:timers/promises';
import { get } from './client.js';

// A worker in a process of its own: `node queue-worker.js URL KEY PROJECT NAME work|hold`. `work` does what waits, a task at a time;
// `hold` takes a task and stays at it, so that it can be killed there.
const [url = '', key = '', projectId = '', worker = '', mode = ''] = process.argv.slice(2);
const leaseSeconds = 3;

interface Task {
  id: string;
}
const call = <Data>(query: string, input: object) => get<Data>(url, key, query, { input });
for (;;) {
  const { claimTasks } = await call<{ claimTasks: Task[] }>(
    'mutation ($input: ClaimTasksInput!) { claimTasks(input: $input) { id } }',
    { projectId, worker, limit: 1, leaseSeconds: mode === 'hold' ? leaseSeconds : 600 },
  );
  for (const { id: taskId } of claimTasks) {
    await call('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
      taskId,
      worker,
      steps: [{ key: `done by ${worker}`, type: 'TOOL', name: 'work' }],
    });
    while (mode === 'hold') {
      await get(
        url,
        key,
        `mutation { extendLease(taskId: "${taskId}", worker: "${worker}", seconds: ${leaseSeconds}) { id } }`,
      );
      await sleep(200);
    }
    await call('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      taskId,
      worker,
      status: 'SUCCEEDED',
    });
  }
  if (claimTasks.length === 0) await sleep(100);
}
