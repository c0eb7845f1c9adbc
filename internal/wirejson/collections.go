package wirejson

// ReadPlain reads a value without presence: null is the zero value.
func ReadPlain[T any](d *Decoder, read func(*Decoder) (T, error)) (value T, err error) {
	if null, err := d.null(); null || err != nil {
		return value, err
	}
	return read(d)
}

// ReadOptional reads a value with presence: null is unset.
func ReadOptional[T any](d *Decoder, read func(*Decoder) (T, error)) (*T, error) {
	if null, err := d.null(); null || err != nil {
		return nil, err
	}
	value, err := read(d)
	if err != nil || d.checkOnly {
		return nil, err
	}
	return new(value), nil
}

// MessageOf makes the function that reads an object into a new message; into the same
// again where none is kept.
func MessageOf[T any](decode func(*Decoder, *T) error) func(*Decoder) (*T, error) {
	var m *T
	return func(d *Decoder) (*T, error) {
		if m == nil || !d.checkOnly {
			m = new(T)
		}
		return m, decode(d, m)
	}
}

// ListOf makes the function that reads an array. No element may be null, since a list
// can't have a gap.
func ListOf[T any](read func(*Decoder) (T, error)) func(*Decoder) ([]T, error) {
	return func(d *Decoder) (list []T, err error) {
		if err := d.begin('[', "an array"); err != nil {
			return nil, err
		}
		for i := 0; d.More(); i++ {
			value, err := read(d)
			if err != nil {
				return nil, Within(element(i), err)
			}
			if !d.checkOnly {
				list = append(list, value)
			}
		}
		return list, d.End()
	}
}

// ReadStringMap reads an object of strings. In a response, a null value is as good as
// absent.
func ReadStringMap(d *Decoder) (values map[string]string, err error) {
	if err := d.BeginObject(); err != nil {
		return nil, err
	}
	for d.More() {
		name, err := d.Name()
		if err != nil {
			return nil, err
		}
		key := d.keep(name)
		if d.strictness == Response && d.tokens.PeekKind() == 'n' {
			if _, err := d.null(); err != nil {
				return nil, err
			}
			delete(values, key)
			continue
		}
		value, err := ReadString(d)
		switch {
		case err != nil && d.strictness == Request:
			return nil, Within(quoted(key), err)
		case err != nil:
			return nil, Within("[*]", err) // an upstream's keys are not for an error to tell
		case d.checkOnly:
			continue
		case values == nil:
			values = map[string]string{}
		}
		values[key] = value
	}
	return values, d.End()
}
