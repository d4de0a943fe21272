// Drawing a box with mouse, pen or finger fills the four number fields, which do the same by keyboard alone.
// What is to be hidden is shown hidden before it is saved, and a consent that was found fills its field.
const picture = document.getElementById('picture')
const drawn = document.getElementById('drawn')
const name = picture.dataset.new
const SIDES = ['left', 'top', 'width', 'height']
let start = null

function point (event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse())
  const { width, height } = picture.viewBox.baseVal
  return [Math.min(Math.max(at.x, 0), width), Math.min(Math.max(at.y, 0), height)]
}

function show (box) {
  for (const [i, attribute] of ['x', 'y', 'width', 'height'].entries()) drawn.setAttribute(attribute, box[i])
}

function field (side) {
  return document.getElementById(`${name}-${side}`)
}

picture.addEventListener('pointerdown', (event) => {
  const box = event.target.closest('[data-for]')
  if (box) {
    document.getElementById(box.dataset.for).focus()
    return
  }
  start = point(event)
  picture.setPointerCapture(event.pointerId)
  event.preventDefault()
})

picture.addEventListener('pointermove', (event) => {
  if (!start) return
  const [x, y] = point(event)
  show([Math.min(x, start[0]), Math.min(y, start[1]), Math.abs(x - start[0]), Math.abs(y - start[1])])
})

picture.addEventListener('pointerup', (event) => {
  if (!start) return
  const [x, y] = point(event)
  const box = [Math.min(x, start[0]), Math.min(y, start[1]), Math.abs(x - start[0]), Math.abs(y - start[1])].map(Math.round)
  start = null
  if (box[2] < 2 || box[3] < 2) return
  document.getElementById('draw').open = true
  SIDES.forEach((side, i) => { field(side).value = box[i] })
  document.getElementById(name).focus()
})

for (const side of SIDES) {
  field(side).addEventListener('input', () => show(SIDES.map((each) => Number(field(each).value) || 0)))
}

const overlay = document.getElementById('hidden-parts')
const pen = overlay.getContext('2d')
const form = document.querySelector('.porth-people form')
const source = new Image()
const BLOCKS = 5 // gateway/media/obscure.py

function boxOf (entry) {
  const box = SIDES.map((side) => Number(document.getElementById(`${entry}-${side}`).value))
  return box[2] > 0 && box[3] > 0 ? box : null
}

// as many squares over the longer side as the picture will have once it is saved
function hide (box, answer) {
  const [left, top, width, height] = box
  if (answer === 'solid') {
    pen.fillStyle = '#000'
    pen.fillRect(left, top, width, height)
    return
  }
  const small = document.createElement('canvas')
  const side = Math.max(width, height) / BLOCKS
  small.width = Math.max(1, Math.round(width / side))
  small.height = Math.max(1, Math.round(height / side))
  small.getContext('2d').drawImage(source, left, top, width, height, 0, 0, small.width, small.height)
  pen.imageSmoothingEnabled = false
  pen.drawImage(small, left, top, width, height)
}

function showHidden () {
  pen.clearRect(0, 0, overlay.width, overlay.height)
  let any = false
  for (const entry of form.querySelectorAll('.porth-entry')) {
    const answer = entry.querySelector('input[type=radio]:checked')?.value
    const box = boxOf(entry.id)
    if (!box || (answer !== 'pixelate' && answer !== 'solid')) continue
    hide(box, answer)
    any = true
  }
  document.getElementById('hidden-hint').hidden = !any
}

source.addEventListener('load', showHidden)
source.src = picture.querySelector('image').getAttribute('href')
form.addEventListener('input', showHidden)
picture.addEventListener('pointerup', showHidden)

form.addEventListener('focusin', (event) => {
  const entry = event.target.closest('.porth-entry')?.id
  for (const box of picture.querySelectorAll('[data-for]')) box.classList.toggle('porth-box--now', box.dataset.for === entry)
})

form.addEventListener('click', (event) => {
  const button = event.target.closest('button[name=pick]')
  if (!button) return
  event.preventDefault()
  const into = document.getElementById(`${button.dataset.into}-consent`)
  into.value = button.dataset.ref
  const agreed = document.querySelector(`input[name="${button.dataset.into}-answer"][value=consent]`)
  agreed.checked = true
  document.getElementById(`${button.dataset.into}-found`).replaceChildren()
  into.focus()
})
