// What the playground's stage plays with; it outlives the page that shows it.

// The two networks, the negatives, and what has become of them since the start.
class Game {
  constructor(data) {
    this.start = data.start;
    this.twins = new Twins(data.sizes, data.activation, numbers(data.weights));
    this.edits = data.heard;
    this.places = pairs(numbers(data.negatives));
    this.undoes = [];
    this.lifted = null;
    this.drawing = false;
    this.forget();
  }

  forget() {
    this.twins.rewind();
    this.learned = new Set();
    this.history = [];
    this.stride = 1;
    this.blown = null;
    this.update = null;
  }

  // What is learned from now: all but a negative that is being carried.
  given() {
    return this.lifted === null ? this.places : this.places.filter((_, number) => number !== this.lifted);
  }
}
