import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { FormProblem, problemAt } from '../../components/FormProblem';
import panel from '../../components/Panel.module.css';
import { SetModelPriceDocument, type PriceDetailFragment } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import styles from './ModelPrices.module.css';

/** The first day of a price that holds for all time. */
export const ALWAYS = '0001-01-01';
/** As the server has it. */
const DEAREST_USD = 1_000_000;

/** What a new price starts from: a model, or a price that is to be changed. */
export type PriceDraft = Partial<PriceDetailFragment> & { model: string };

const AMOUNTS = [
  { key: 'inputUsd', label: 'Input', hint: undefined, isNeeded: true },
  { key: 'outputUsd', label: 'Output', hint: undefined, isNeeded: true },
  { key: 'cachedInputUsd', label: 'Read from a cache', hint: 'As input unless told', isNeeded: false },
  { key: 'cacheWriteUsd', label: 'Written to a cache', hint: 'As input unless told', isNeeded: false },
] as const;
type AmountKey = (typeof AMOUNTS)[number]['key'];

interface Props {
  draft: PriceDraft;
  onSaved: (model: string) => void;
  onClose: () => void;
}

/** The form for a price of a model. */
export function PriceForm({ draft, onSaved, onClose }: Props) {
  const project = useProject();
  const { api } = useApi();
  const [model, setModel] = useState(draft.model);
  const [provider, setProvider] = useState(draft.provider ?? '');
  const [validFrom, setValidFrom] = useState(
    draft.validFrom === undefined || draft.validFrom === ALWAYS ? '' : draft.validFrom,
  );
  const [amounts, setAmounts] = useState(
    () =>
      Object.fromEntries(
        AMOUNTS.map(({ key }) => [key, draft[key] == null ? '' : String(draft[key])]),
      ) as Record<AmountKey, string>,
  );
  const [isTried, setTried] = useState(false);
  const problems = {
    model: model.trim() === '' ? 'Name the model exactly as its steps do.' : undefined,
    ...(Object.fromEntries(
      AMOUNTS.map(({ key, isNeeded }) => [key, problemOf(amounts[key], isNeeded)]),
    ) as Record<AmountKey, string | undefined>),
  };
  const isWrong = Object.values(problems).some((problem) => problem !== undefined);
  const amountOf = (key: AmountKey) => (amounts[key].trim() === '' ? null : Number(amounts[key]));
  const save = useMutation({
    mutationFn: () =>
      api.request(SetModelPriceDocument, {
        input: {
          projectId: project.id,
          model,
          provider: provider.trim() || null,
          validFrom: validFrom || null,
          inputUsd: amountOf('inputUsd') ?? 0,
          outputUsd: amountOf('outputUsd') ?? 0,
          cachedInputUsd: amountOf('cachedInputUsd'),
          cacheWriteUsd: amountOf('cacheWriteUsd'),
        },
      }),
    onSuccess: () => onSaved(model),
  });
  return (
    <form
      className={styles.form}
      aria-label="Set a price"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!isWrong && !save.isPending) save.mutate();
      }}
    >
      <Field
        label="Model"
        hint="Exactly as the steps name it"
        value={model}
        onChange={setModel}
        problem={(isTried ? problems.model : undefined) ?? problemAt(save.error, 'model')}
        autoFocus={draft.model === ''}
      />
      <Field
        label="Provider"
        hint="Whichever the steps name, unless told"
        value={provider}
        onChange={setProvider}
        problem={problemAt(save.error, 'provider')}
      />
      <Field
        label="First day (UTC)"
        type="date"
        hint="For all time unless told"
        value={validFrom}
        onChange={setValidFrom}
        problem={problemAt(save.error, 'validFrom')}
      />
      <fieldset className={styles.amounts}>
        <legend>US dollars for a million tokens</legend>
        {AMOUNTS.map(({ key, label, hint }, index) => (
          <Field
            key={key}
            label={label}
            inputMode="decimal"
            hint={hint}
            value={amounts[key]}
            onChange={(text) => setAmounts({ ...amounts, [key]: text })}
            problem={(isTried ? problems[key] : undefined) ?? problemAt(save.error, key)}
            autoFocus={index === 0 && draft.model !== ''}
          />
        ))}
      </fieldset>
      <FormProblem
        fault={save.error}
        isAtField={(path) => ['model', 'provider', 'validFrom'].includes(path) || path in amounts}
      />
      <p className={panel.muted}>
        A price of the same model, provider and first day is replaced. Costs that agents reported stay.
      </p>
      <div className={styles.bar}>
        <Button type="submit" look="primary" isPending={save.isPending}>
          Save the price
        </Button>
        <Button onPress={onClose}>Close</Button>
      </div>
    </form>
  );
}

function problemOf(text: string, isNeeded: boolean): string | undefined {
  if (text.trim() === '') return isNeeded ? 'A number from 0 on is needed, such as 2.5.' : undefined;
  const amount = Number(text);
  if (!Number.isFinite(amount) || amount < 0) return 'A number from 0 on, such as 2.5.';
  return amount > DEAREST_USD ? `At most ${DEAREST_USD.toLocaleString('en')}.` : undefined;
}
