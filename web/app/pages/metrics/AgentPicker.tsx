import { useEffect, useState } from 'react';
import { Button } from '../../components/Button';
import { Checks } from '../../components/Checks';
import { Disclosure } from '../../components/Disclosure';
import { Field } from '../../components/Field';
import panel from '../../components/Panel.module.css';
import { formatCount } from '../../format/numbers';
import { MOST_CHOSEN } from './metrics-view';
import { nameOfAgent } from './series';

/** As many as can be looked through; more are found by their names. */
const MOST_LISTED = 60;

interface Props {
  chosen: readonly string[];
  /** Finished tasks of each agent that has any in the range. */
  tasksOf: ReadonlyMap<string, number>;
  names: ReadonlyMap<string, string>;
  onChoose: (ids: string[]) => void;
}

/** Which agents are drawn: the busiest where none is chosen. */
export function AgentPicker({ chosen: inAddress, tasksOf, names, onChoose }: Props) {
  // The address follows a moment later: the next press must not miss the one before.
  const [chosen, setChosen] = useState(inAddress);
  const address = inAddress.join();
  useEffect(() => setChosen(address === '' ? [] : address.split(',')), [address]);
  const choose = (ids: string[]) => {
    setChosen(ids);
    onChoose(ids);
  };
  const [search, setSearch] = useState('');
  const found = [...new Set([...chosen, ...tasksOf.keys()])]
    .map((id) => ({ id, name: nameOfAgent(id, names), tasks: tasksOf.get(id) ?? 0 }))
    .filter(({ id, name }) => chosen.includes(id) || name.toLowerCase().includes(search.trim().toLowerCase()))
    .sort((a, b) => b.tasks - a.tasks || a.name.localeCompare(b.name));
  const listed = found.filter(({ id }, index) => index < MOST_LISTED || chosen.includes(id));
  return (
    <Disclosure label="Agents" count={chosen.length}>
      <p className={panel.muted}>
        One alone has all figures of the page; several are lines of the charts, {MOST_CHOSEN} at most. With
        none chosen the busiest are drawn.
      </p>
      {tasksOf.size > 12 && (
        <Field type="search" label="Part of the name" value={search} onChange={setSearch} />
      )}
      <Checks
        label="Drawn as lines"
        values={chosen}
        options={listed.map(({ id, name, tasks }) => ({
          value: id,
          label: `${name} · ${formatCount(tasks)} ${tasks === 1 ? 'task' : 'tasks'}`,
        }))}
        onChange={(ids) => {
          // What was chosen keeps its place, and with it its colour.
          const added = ids.filter((id) => !chosen.includes(id));
          const next = [...chosen.filter((id) => ids.includes(id)), ...added];
          if (next.length <= MOST_CHOSEN) choose(next);
        }}
      />
      {listed.length === 0 && <p className={panel.muted}>No agent with a finished task is called so.</p>}
      {found.length > listed.length && (
        <p className={panel.muted}>
          {formatCount(found.length - listed.length)} more: type a part of the name.
        </p>
      )}
      {chosen.length >= MOST_CHOSEN && (
        <p role="status">No more than {MOST_CHOSEN}: take one away before you add another.</p>
      )}
      {chosen.length > 0 && (
        <span>
          <Button onPress={() => choose([])}>Choose none</Button>
        </span>
      )}
    </Disclosure>
  );
}
