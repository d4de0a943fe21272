// Dragging a post to another day sends the form that stands on its card: the same rules, and the same words if refused.
import { initAll } from './nhsuk.js'

let dragged = null

function days () {
  return document.querySelectorAll('[data-day]')
}

function closed (day, card) {
  const { earliest, latest } = card.dataset
  return (earliest && day.dataset.day < earliest) || (latest && day.dataset.day > latest)
}

function over (day) {
  for (const each of days()) each.classList.toggle('porth-day--over', each === day)
}

function end () {
  over(null)
  for (const each of days()) each.classList.remove('porth-day--closed')
  dragged?.classList.remove('porth-dragged')
  dragged = null
}

document.addEventListener('dragstart', (event) => {
  dragged = event.target.closest?.('[data-move], [data-schedule]') ?? null
  if (!dragged) return
  event.dataTransfer.effectAllowed = 'move'
  event.dataTransfer.setData('text/plain', dragged.id)
  event.dataTransfer.setDragImage(dragged, 16, 16) // also where the drag began on a link
  dragged.classList.add('porth-dragged')
  for (const each of days()) each.classList.toggle('porth-day--closed', Boolean(closed(each, dragged)))
})

document.addEventListener('dragover', (event) => {
  const day = event.target.closest?.('[data-day]')
  if (!dragged || !day) return
  event.preventDefault()
  over(day)
})

document.addEventListener('dragend', end)

document.addEventListener('drop', (event) => {
  const day = event.target.closest?.('[data-day]')
  const card = dragged
  end()
  if (!card || !day) return
  event.preventDefault()
  if (card.dataset.schedule) window.location.assign(`${card.dataset.schedule}?day=${day.dataset.day}`)
  else if (!day.contains(card)) move(card, day)
})

async function move (card, day) {
  const [list, next] = [card.parentElement, card.nextElementSibling]
  const form = card.querySelector('form')
  form.elements.day.value = day.dataset.day
  card.classList.add('porth-dragged') // until the answer is here, which nothing that is looked for meanwhile may overtake
  if (day.querySelector('.porth-cards')) day.querySelector('.porth-cards').append(card)
  else day.append(card)
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) })
    show(await answer.text(), answer)
  } catch {
    list.insertBefore(card, next)
    form.reset()
    card.classList.remove('porth-dragged')
    document.getElementById('move-lost').hidden = false
  }
}

function show (text, answer) {
  const page = new DOMParser().parseFromString(text, 'text/html')
  const main = page.getElementById('maincontent')
  if (!main || (!answer.ok && answer.status !== 422)) throw new Error('no calendar')
  document.title = page.title
  document.getElementById('maincontent').replaceWith(main)
  window.htmx.process(main)
  initAll({ scope: main })
}
