import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { FaultPanel, Loading } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import panel from '../../components/Panel.module.css';
import { showName } from '../../format/hostile-text';
import { formatCount, formatShortCount } from '../../format/numbers';
import {
  ModelPricesDocument,
  RemoveModelPriceDocument,
  type CostFiguresFragment,
  type PriceDetailFragment,
} from '../../generated/graphql';
import { useCanManage, useProject } from '../../shell/project-context';
import { ALWAYS, PriceForm, type PriceDraft } from './PriceForm';
import { formatLongDay } from './utc-days';
import card from './Card.module.css';
import styles from './ModelPrices.module.css';

const FOLLOWS = 'A job prices its steps again; the figures follow within a minute.';

interface Props {
  /** Models with steps in the range whose cost is not known; null = that is not known yet. */
  unpriced: readonly CostFiguresFragment[] | null;
}

/** The models without a price, with the way to give them one, and the project's own prices. */
export function ModelPrices({ unpriced }: Props) {
  const project = useProject();
  const { api, queries } = useApi();
  const toasts = useToasts();
  const canManage = useCanManage();
  /** Null once the form was closed: then the focus comes back to what opens it. */
  const [draft, setDraft] = useState<PriceDraft | null>();
  const queryKey = ['model-prices', project.id];
  const prices = useQuery({
    queryKey,
    queryFn: async ({ signal }) =>
      (await api.request(ModelPricesDocument, { projectId: project.id }, signal)).modelPrices,
  });
  const changed = (text: string) => {
    toasts.show({ tone: 'good', text: `${text} ${FOLLOWS}` });
    void queries.invalidateQueries({ queryKey });
  };
  return (
    <section className={panel.card} aria-label="Prices of models">
      <header className={panel.head}>
        <h2>Prices of models</h2>
        {canManage && !draft && (
          <Button autoFocus={draft === null} onPress={() => setDraft({ model: '' })}>
            Add a price
          </Button>
        )}
      </header>
      <p className={panel.muted}>
        Steps whose agent tells no cost are priced by the project’s own prices, else by the public price list.
        {!canManage && ' Only admins of the project change prices: ask one to.'}
      </p>
      {unpriced !== null && unpriced.length > 0 && (
        <div>
          <h3>Unpriced models</h3>
          <p className={panel.muted}>No price list knows them: their steps are in no figure of cost.</p>
          <ul className={styles.unpriced} aria-label="Unpriced models">
            {unpriced.map(({ key, unpricedSteps, inputTokens, outputTokens }) => (
              <li key={key}>
                <bdi className={styles.model}>{showName(key, 200)}</bdi>
                <span className={panel.muted}>
                  {formatCount(unpricedSteps)} unpriced {unpricedSteps === 1 ? 'step' : 'steps'};{' '}
                  {formatShortCount(inputTokens)} tokens in, {formatShortCount(outputTokens)} out
                </span>
                {canManage && (
                  <Button
                    aria-label={`Set a price for ${showName(key, 200)}`}
                    onPress={() => setDraft({ model: key })}
                  >
                    Set a price
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
      {draft && (
        <PriceForm
          key={`${draft.model} ${draft.id ?? ''}`}
          draft={draft}
          onSaved={(model) => {
            setDraft(null);
            changed(`The price of ${showName(model, 80)} is set.`);
          }}
          onClose={() => setDraft(null)}
        />
      )}
      <div>
        <h3>The project’s own prices</h3>
        {prices.isPending && <Loading what="Loading prices" />}
        {prices.isError && !prices.data && (
          <FaultPanel fault={prices.error} onRetry={() => void prices.refetch()} />
        )}
        {prices.data?.length === 0 && <p className={panel.muted}>None: the public price list holds.</p>}
        {prices.data && prices.data.length > 0 && (
          <PriceTable
            prices={prices.data}
            onEdit={canManage ? setDraft : null}
            onRemoved={(model) => changed(`The price of ${showName(model, 80)} is removed.`)}
          />
        )}
      </div>
    </section>
  );
}

interface TableProps {
  prices: readonly PriceDetailFragment[];
  onEdit: ((price: PriceDetailFragment) => void) | null;
  onRemoved: (model: string) => void;
}

function PriceTable({ prices, onEdit, onRemoved }: TableProps) {
  return (
    <div className={card.scroll} role="region" aria-label="The project’s own prices" tabIndex={0}>
      <table className={`${card.table} ${styles.table}`}>
        <caption>US dollars for a million tokens</caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Provider</th>
            <th scope="col">From (UTC)</th>
            <th scope="col">Input</th>
            <th scope="col">Cache read</th>
            <th scope="col">Cache write</th>
            <th scope="col">Output</th>
            {onEdit && <th scope="col">Change</th>}
          </tr>
        </thead>
        <tbody>
          {prices.map((price) => (
            <tr key={price.id}>
              <th scope="row">
                <bdi>{showName(price.model, 200)}</bdi>
              </th>
              <td>
                <bdi>{price.provider === null ? 'any' : showName(price.provider, 80)}</bdi>
              </td>
              <td>{price.validFrom === ALWAYS ? 'always' : formatLongDay(price.validFrom)}</td>
              <td>{formatPrice(price.inputUsd)}</td>
              <td>{formatPrice(price.cachedInputUsd ?? price.inputUsd)}</td>
              <td>{formatPrice(price.cacheWriteUsd ?? price.inputUsd)}</td>
              <td>{formatPrice(price.outputUsd)}</td>
              {onEdit && (
                <td className={styles.actions}>
                  <Button
                    aria-label={`Change the price of ${showName(price.model, 200)}`}
                    onPress={() => onEdit(price)}
                  >
                    Change
                  </Button>
                  <RemoveButton price={price} onRemoved={onRemoved} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Asks once more before a price goes. */
function RemoveButton({
  price,
  onRemoved,
}: {
  price: PriceDetailFragment;
  onRemoved: TableProps['onRemoved'];
}) {
  const { api } = useApi();
  const toasts = useToasts();
  const [isAsked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.request(RemoveModelPriceDocument, { id: price.id }),
    onSuccess: () => onRemoved(price.model),
    onError: ({ message }) => toasts.show({ tone: 'bad', text: message }),
  });
  const name = showName(price.model, 200);
  return isAsked ? (
    <>
      <Button
        look="danger"
        isPending={remove.isPending}
        aria-label={`Really remove the price of ${name}`}
        onPress={() => remove.mutate()}
        autoFocus
      >
        Really remove
      </Button>
      <Button onPress={() => setAsked(false)} aria-label={`Keep the price of ${name}`}>
        Keep
      </Button>
    </>
  ) : (
    <Button aria-label={`Remove the price of ${name}`} onPress={() => setAsked(true)}>
      Remove
    </Button>
  );
}

/** With as many decimals as it has, two at least. */
function formatPrice(usd: number): string {
  return `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;
}
