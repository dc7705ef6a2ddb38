// Writes docs/conformance.md, the list of conformance cases and the sections of RFC 6455 and 7692 they test, from the cases
// themselves. With --check it writes nothing, and its exit status is 1 when the file is not up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { createJiti } from 'jiti'

const file = new URL('../docs/conformance.md', import.meta.url)
const { groups } = await createJiti(import.meta.url).import('../test/conformance/cases/index.ts')

const roles = ['server', 'client']
const isFor = (role) => (each) => each.roles?.includes(role) ?? true
const countsOf = (cases) => roles.map((role) => cases.filter(isFor(role)).length).join(' | ')
const rolesOf = (each) => roles.filter((role) => isFor(role)(each)).join(', ')
const counts = [
  ...groups.map(({ id, title, cases }) => `| ${id} | ${title} | ${countsOf(cases)} |`),
  `| | all | ${countsOf(groups.flatMap(({ cases }) => cases))} |`,
]
const listing = groups.flatMap(({ id, title, cases }) => [
  `## ${id}. ${title}`,
  '',
  '| case | section | what is sent | to a |',
  '|---|---|---|---|',
  ...cases.map((each) => `| ${each.id} | ${each.section} | ${each.title} | ${rolesOf(each)} |`),
  '',
])

const page = `# Conformance

Each case is played by hand-made frames over a TCP connection against a server and against a client that echo messages
(\`npx vitest run test/conformance\`), and against both once more over TLS, but for group 12 and, of the client, group 9. The
groups 1–13 have the numbers of the Autobahn testsuite's cases of the same meaning, written anew; 12 and 13, about compression, have contents
of our own and fewer messages. The groups B and C are what that suite leaves out.

Sections are those of RFC 6455, unless it says otherwise.

A case passes only if all of this is so:

- The frames that come are those expected, in this order, with nothing between or behind them. What was sent before a
  fault or a close is answered, though all came at once.
- A fault fails the connection as early as the bytes allow, without anything more being sent: invalid UTF-8 with the
  wrong byte, though neither its frame nor its message has ended; what the first two bytes of a frame say with these; a
  length, a fragment that belongs to nothing and a message above the limit with the header.
- To fail means: a close frame with the right code and a reason that is UTF-8, then the end of TCP in order, without a
  reset; a server ends it first, and a client waits for that.
- A client masks all its frames, and a server none.
- Only where compression was agreed on may a frame that comes have RSV1, and only the first of a message. What comes so is
  decompressed by Node's zlib with a window no larger than was agreed on, or an empty one for each message, and is then
  what was expected.
- An offer and an answer are, to the letter, those that the case expects.
- A close frame is answered with its own code, and what comes behind it is ignored.

| group | | for a server | for a client |
|---|---|---|---|
${counts.join('\n')}

${listing.join('\n').trimEnd()}
`

if (!process.argv.includes('--check')) {
  writeFileSync(file, page)
} else if (readFileSync(file, 'utf8') !== page) {
  console.error('docs/conformance.md is not up to date: run node scripts/conformance-table.mjs')
  process.exit(1)
}
