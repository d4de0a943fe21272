// Drawing a box with mouse, pen or finger fills the four number fields, which do the same by keyboard alone.
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
