// Everything is in the page already: this searches in it, and marks what is the same.
const all = (selector, within = document) => [...within.querySelectorAll(selector)]
const form = document.querySelector('form')
const readable = (node) => ({ node, text: `${node.textContent} ${node.title}`.toLowerCase() })
const leftOut = all('#left-out li').map(readable)
const services = all('.service').map((node) => {
  const things = all('a', node).map(readable)
  return { node, things, text: things.map(({ text }) => text).join('\n'), states: node.dataset.states.split(' ') }
})

/** Shows the services that have every word of the search somewhere, whole, and marks where. */
function show() {
  const words = form.q.value.toLowerCase().split(/\s+/).filter(Boolean)
  const wanted = new FormData(form).getAll('only')
  const matches = ({ text }) => words.every((word) => text.includes(word))
  const isWanted = ({ states }) => wanted.length === 0 || wanted.some((state) => states.includes(state))
  const found = keep(services, 'services', (service) => matches(service) && isWanted(service))
  for (const { node, text } of found.flatMap(({ things }) => things))
    node.classList.toggle(
      'match',
      words.some((word) => text.includes(word)),
    )
  const foundLeftOut = keep(leftOut, 'left-out', matches)
  if (found.length === 0 && foundLeftOut.length > 0) document.querySelector('details').open = true
}

function keep(rows, counter, isKept) {
  const kept = rows.filter(isKept)
  for (const { node } of rows) node.hidden = true
  for (const { node } of kept) node.hidden = false
  const count = kept.length === rows.length ? rows.length : `${kept.length} of ${rows.length}`
  for (const output of all(`[name=${counter}]`)) output.value = count
  return kept
}

/** The search stands in the page's address, so that it can be sent to somebody. */
function readAddress() {
  if (location.hash === '#left-out') return
  const asked = new URLSearchParams(location.hash.slice(1))
  form.q.value = asked.get('q') ?? ''
  for (const box of all('label input')) box.checked = asked.getAll('only').includes(box.value)
  show()
}

/** Links to one search are one thing in several places: a host, an app, an agent. */
function markAlike({ target }) {
  for (const link of all('.alike')) link.classList.remove('alike')
  const href = target.closest('.service a')?.getAttribute('href')
  for (const link of href ? all(`[href="${href}"]`) : []) link.classList.add('alike')
}

form.addEventListener('input', () => {
  history.replaceState(null, '', `#${new URLSearchParams(new FormData(form))}`)
  show()
})
for (const type of ['pointerover', 'focusin']) document.addEventListener(type, markAlike)
addEventListener('hashchange', readAddress)
readAddress()
