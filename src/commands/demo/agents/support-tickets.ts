/** Letters to a shop for outdoor gear that does not exist. {…} is filled in for each ticket. */
export interface Ticket {
  language: string;
  topic: 'refund' | 'delivery' | 'address' | 'warranty';
  subject: string;
  text: string;
  reply: string;
}

export const tickets: readonly Ticket[] = [
  {
    language: 'en',
    topic: 'refund',
    subject: 'Wrong size, want my money back',
    text: "Hi, I ordered the {item} (order {order}) and it's at least one size too small. I never wore it outside. Can I send it back and get a refund? I don't want an exchange, we leave for the Highlands on Friday. Thanks, {name}",
    reply:
      'Hello {name}, I am sorry that the {item} does not fit. It is within the 30 days, so I have started the refund of {amount}: it reaches your card within five working days. The return label is attached; please hand in the parcel by {date}. Have a good time in the Highlands!',
  },
  {
    language: 'de',
    topic: 'delivery',
    subject: 'Wo bleibt meine Bestellung?',
    text: 'Guten Tag, meine Bestellung {order} ({item}) sollte am Montag da sein. Die Sendungsverfolgung zeigt seit vier Tagen nur „in Bearbeitung“. Können Sie nachsehen, was da los ist? Mit freundlichen Grüßen, {name}',
    reply:
      'Guten Tag {name}, Ihr Paket lag im Verteilzentrum Hannover fest, weil das Etikett nicht lesbar war. Es ist heute neu etikettiert worden und kommt voraussichtlich am {date}. Für die Wartezeit haben wir Ihnen die Versandkosten erstattet.',
  },
  {
    language: 'fr',
    topic: 'warranty',
    subject: 'Fermeture éclair cassée',
    text: "Bonjour, la fermeture éclair de mon {item} s'est cassée après trois semaines d'utilisation normale (commande {order}). Je joins deux photos. Est-ce couvert par la garantie ? Cordialement, {name}",
    reply:
      "Bonjour {name}, merci pour les photos : il s'agit bien d'un défaut de fabrication, couvert par notre garantie de trois ans. Un {item} de remplacement part aujourd'hui et devrait arriver le {date}. Vous pouvez garder ou recycler l'ancien.",
  },
  {
    language: 'es',
    topic: 'address',
    subject: 'Cambio de dirección',
    text: 'Hola, me mudo este fin de semana y el pedido {order} ({item}) va a la dirección antigua. ¿Pueden enviarlo a Calle de la Luna 14, 3.º B, 28004 Madrid? Gracias, {name}',
    reply:
      'Hola {name}: el pedido {order} aún no había salido del almacén, así que hemos cambiado la dirección a Calle de la Luna 14, 3.º B, 28004 Madrid. La entrega prevista es el {date}. ¡Buena mudanza!',
  },
  {
    language: 'ja',
    topic: 'delivery',
    subject: '配送状況について',
    text: 'お世話になっております。注文番号 {order} の{item}がまだ届いておりません。発送状況を確認していただけますでしょうか。{name}',
    reply:
      '{name} 様　お問い合わせありがとうございます。ご注文の{item}は現在、最寄りの配送センターに到着しており、{date}にお届けの予定です。ご不便をおかけして申し訳ございません。',
  },
  {
    language: 'en',
    topic: 'delivery',
    subject: 'Delivered?? Not here',
    text: 'The courier says order {order} was "handed to resident" at 11:42. I am the only resident and I was at work. Nobody in the building has my {item}. Please sort this out, this is the second time. {name}',
    reply:
      'Hello {name}, that should not have happened, and least of all twice. The courier confirmed that the {item} was left with the kiosk at number 3 without a card. If it is not there today, reply with one word and we send another one at once, no forms. We also moved your account to the other courier.',
  },
  {
    language: 'pt',
    topic: 'refund',
    subject: 'Cobrança em duplicado',
    text: 'Boa tarde, o pedido {order} foi cobrado duas vezes no meu cartão ({amount} cada). Só comprei um {item}. Podem devolver uma das cobranças? Obrigada, {name}',
    reply:
      'Boa tarde {name}, tem razão: o segundo pagamento foi um erro nosso. Devolvemos {amount}; o valor aparece no seu extrato em até cinco dias úteis. Pedimos desculpa pelo incómodo.',
  },
  {
    language: 'en',
    topic: 'warranty',
    subject: 'Tent pole snapped on day two',
    text: 'Pole section two of my {item} snapped in a light breeze, we had to drive home at midnight with two kids. Order {order}. I would like a new pole set and to hear that you have fixed whatever this is. {name}',
    reply:
      'Hello {name}, a night like that is the opposite of what we want for you. We know of a batch with brittle ferrules, and yours is one of it: new poles of the reinforced kind leave today and arrive on {date}. The notes on the batch are attached, so that you can see what was changed.',
  },
  {
    language: 'en',
    topic: 'address',
    subject: 'Typo in my address',
    text: "Hello! I just noticed that I typed 17 instead of 71 as the house number on order {order} ({item}). Street, town and postcode are right. Can this still be changed? It's a birthday present. {name}",
    reply:
      'Hello {name}, caught in time: the parcel was still being packed. The label now says 71, and delivery is planned for {date}. We put in a birthday card; just ignore it if it is too much.',
  },
  {
    language: 'it',
    topic: 'refund',
    subject: 'Reso {order}',
    text: 'Buongiorno, ho spedito indietro il {item} dodici giorni fa (ordine {order}, tracking allegato) ma non ho ancora ricevuto il rimborso di {amount}. Potete verificare? Cordiali saluti, {name}',
    reply:
      'Buongiorno {name}, il pacco è arrivato da noi il 9 ma era rimasto in attesa di controllo. Il controllo è concluso: il rimborso di {amount} è partito oggi e sarà sulla sua carta entro cinque giorni lavorativi. Ci scusiamo per il ritardo.',
  },
];

export const items: readonly { sku: string; name: string; priceUsd: number }[] = [
  { sku: 'TNT-2P-OAK', name: 'Fernbank 2 tent', priceUsd: 329 },
  { sku: 'JKT-RN-M', name: 'Skerry rain jacket', priceUsd: 189 },
  { sku: 'PCK-38-SL', name: 'Tarn 38 rucksack', priceUsd: 149 },
  { sku: 'BTS-MID-43', name: 'Cairn mid boots', priceUsd: 174 },
  { sku: 'SLP-DN-400', name: 'Down 400 sleeping bag', priceUsd: 259 },
  { sku: 'STV-GAS-1', name: 'Ember gas stove', priceUsd: 64 },
  { sku: 'HDL-350', name: 'Glow 350 headlamp', priceUsd: 42 },
  { sku: 'GLV-LN-L', name: 'merino liner gloves', priceUsd: 28 },
];

export const customers = [
  'Priya Raman',
  'Jonas Keller',
  'Camille Aubert',
  'Lucía Ortega',
  '佐藤 美咲',
  'Tom Whitlock',
  'Beatriz Moura',
  'Ngozi Eze',
  'Marco Bellini',
  'Hanna Lindqvist',
  'Wei Zhang',
  'Aisha Karim',
] as const;

export const systemPrompt = `You answer letters to Northpine, a shop for outdoor gear.
- Answer in the customer's language, in at most six sentences, warm and plain.
- Never promise what a tool has not confirmed. Dates and amounts come from tools alone.
- Returns are taken for 30 days, unworn; the guarantee lasts three years.
- A refund above 150 dollars needs the approval of a person: call request_approval first.
- Where the customer is upset for the second time, hand over to a person.
- Do not repeat card numbers, birthdays or health matters, even if the customer wrote them.`;
