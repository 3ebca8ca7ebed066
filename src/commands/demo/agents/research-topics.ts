/** What the research agent is asked, and what its made-up sources say. */
export interface Topic {
  title: string;
  question: string;
  /** What a person would be asked to narrow down. */
  scope: { question: string; options: [string, string] };
  sources: readonly { title: string; publisher: string; excerpt: string }[];
  claims: readonly string[];
}

export const topics: readonly Topic[] = [
  {
    title: 'Heat pumps in pre-1970 apartment blocks',
    question:
      'Which retrofits let air-source heat pumps work in European apartment blocks built before 1970, and what do they cost per flat?',
    scope: { question: 'Should district heating be compared too?', options: ['yes, briefly', 'no'] },
    sources: [
      {
        title: 'Field trial of 46 retrofitted blocks, third winter',
        publisher: 'Institute for Building Stock, Report 31',
        excerpt:
          'Flow temperatures could be lowered to 52 °C in 38 of 46 blocks once a fifth of the radiators, those in corner rooms, had been exchanged. Seasonal performance rose from 2.4 to 3.1. Residents noticed the change in warm-up time more than the change in temperature; complaints fell after night setback was switched off.',
      },
      {
        title: 'What installers charge: 1,900 quotes compared',
        publisher: 'Consumer Council Energy Desk',
        excerpt:
          'Per flat, the median quote was 9,400 euros without and 5,100 euros after subsidies. The spread between the cheapest and dearest quote for the same building was a factor of 2.3, most of it scaffolding, cranes and electrical supply rather than the machine itself.',
      },
      {
        title: 'Noise in courtyards: measurements and remedies',
        publisher: 'Acoustics Working Paper 7',
        excerpt:
          'Two units on a flat roof were inaudible in the courtyard at night; the same units at ground level exceeded 40 dB(A) at the nearest bedroom window in 6 of 11 courtyards. Enclosures helped by 5 to 8 dB, decoupling feet by 2.',
      },
      {
        title: 'Grid connection as the hidden queue',
        publisher: 'Municipal Utilities Review',
        excerpt:
          'In the three cities studied the wait for a stronger house connection was 5, 9 and 14 months. Load management that holds the block below its existing limit avoided the wait in two thirds of the cases.',
      },
    ],
    claims: [
      'Exchanging the radiators of corner rooms is enough in about four of five blocks.',
      'The machine is less than half of the bill; scaffolding and supply decide the rest.',
      'Roof installation solves noise more surely than any enclosure.',
      'Load management is the cheapest way around a year of waiting for the grid.',
    ],
  },
  {
    title: 'Reusable cups at festivals',
    question: 'Do deposit schemes for reusable cups at festivals save waste, and from which return rate on?',
    scope: { question: 'Only music festivals, or trade fairs too?', options: ['music only', 'both'] },
    sources: [
      {
        title: 'Counting cups: nine festivals, two summers',
        publisher: 'Event Footprint Lab',
        excerpt:
          'Return rates lay between 71 and 94 percent. The deposit mattered less than the distance to the next return point: every additional 100 metres cost about four points. Souvenir printing lowered the return rate by eleven points.',
      },
      {
        title: 'Washing at the edge of a field',
        publisher: 'Journal of Applied Catering',
        excerpt:
          'A mobile line washed 3,200 cups an hour with 0.18 litres of water each. Transport to a stationary line 90 km away used more energy than washing did, and broke the balance where fewer than three rounds were reached.',
      },
      {
        title: 'Life-cycle comparison of four cup systems',
        publisher: 'Materials & Society 12(3)',
        excerpt:
          'Polypropylene cups overtake single-use PET after six to nine uses. Below a return rate of about 80 percent that number is not reached within one season at the festivals studied.',
      },
    ],
    claims: [
      'The turning point lies near a return rate of 80 percent.',
      'Return points every 100 metres do more than a higher deposit.',
      'Souvenir cups defeat the scheme.',
    ],
  },
  {
    title: 'Second-hand laptops for schools',
    question: 'How long do refurbished business laptops last in schools, and what fails first?',
    scope: { question: 'Which age of pupils counts most?', options: ['primary', 'secondary'] },
    sources: [
      {
        title: 'Five years of a lending pool: 11,300 machines',
        publisher: 'City Education Office, open data',
        excerpt:
          'Median life in the pool was 4.2 years. Batteries were replaced once in 61 percent of the machines, keyboards in 18, hinges in 9. Machines with magnesium lids had half the hinge failures.',
      },
      {
        title: 'Total cost of three procurement models',
        publisher: 'Association of School IT',
        excerpt:
          'Refurbished machines cost 41 euros a year and pupil, new ones 67, leased ones 74. The difference shrinks to a few euros where repairs are not done in-house.',
      },
      {
        title: 'What pupils say',
        publisher: 'Survey among 2,004 pupils',
        excerpt:
          'Weight and battery were named far more often than speed. Stickers and names on the lid were the best predictor of a machine that comes back whole.',
      },
      {
        title: 'Operating systems at the end of support',
        publisher: 'Public Sector Security Bulletin',
        excerpt:
          'A quarter of the refurbished machines on offer cannot run a supported version of the system they were sold with. Schools that chose a light Linux desktop used them for two more years on average.',
      },
    ],
    claims: [
      'Four years is a safe assumption, if batteries are budgeted for.',
      'In-house repair is what makes refurbished machines cheaper.',
      'End of software support, not hardware, retires a quarter of them.',
    ],
  },
  {
    title: 'Night trains: demand on routes of 900 to 1,300 km',
    question:
      'Which routes of 900 to 1,300 km could fill a night train, and what keeps operators from starting them?',
    scope: { question: 'Should seasonal services be included?', options: ['include', 'leave out'] },
    sources: [
      {
        title: 'Ticket searches without a result',
        publisher: 'Rail Data Commons',
        excerpt:
          'Of 2.1 million searches for a night connection, 64 percent had no result. Ten city pairs account for a third of these, four of them between Scandinavia and the Rhine.',
      },
      {
        title: 'Why sleeper cars are scarce',
        publisher: 'Rolling Stock Quarterly',
        excerpt:
          'Three makers can build sleeper cars at present; the wait is six years. Rebuilding day coaches takes two, at 60 percent of the price, with fewer beds per car.',
      },
      {
        title: 'Track access at night',
        publisher: 'Infrastructure Managers Forum',
        excerpt:
          'Maintenance closes 22 percent of the relevant lines on any given night. A binding plan two years ahead would be enough for operators; at present it is known four months ahead.',
      },
    ],
    claims: [
      'Unmet demand is concentrated on few city pairs.',
      'Cars, not passengers, are the bottleneck for the next five years.',
      'Earlier maintenance plans would cost nothing and help most.',
    ],
  },
];

export const paragraphs: readonly string[] = [
  'The sources agree on the direction and differ in the size. Where they differ, the larger sample has been followed and the other one named. None of them was paid for by a maker.',
  'Two limits should be kept in mind. The data end last year, and they come from places that volunteered for a trial; places that did not may have had their reasons. The figures are therefore better read as what is possible than as what is usual.',
  'What would change the picture: a fall in prices of a fifth, which one source expects within three years, or a rule that shifts costs from owners to tenants. Neither was assumed here.',
  'For a decision this year the order of steps matters more than their number. The cheap and reversible ones come first; they also produce the measurements which the expensive ones need.',
];
