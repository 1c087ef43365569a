//! The values that templates compute with: Go's `interface{}` with what Helm and Sprig put into it.
//!
//! Maps are shared: `set` through one name is seen through every other. Lists are immutable, as Sprig only makes new ones.
//! Values belong to one render and are not `Send`; [`Data`] crosses threads.

use std::any::Any;
use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use crate::budget::BYTES_A_STEP;
use crate::types::{ANYS, BYTES, DICT, IntKind, Kind, Method, NamedType, STRINGS, Type};
use crate::{Data, DataMap, Str};

/// A Go value.
#[derive(Clone, Default)]
pub enum Value {
    /// A nil `interface{}`
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// Any integer type; unsigned ones keep their bits.
    Int(IntKind, i64),
    /// `float64`
    Float(f64),
    /// `complex128`, which only literals make
    Complex(f64, f64),
    /// `string`
    String(Str),
    /// `[]uint8`
    Bytes(Str),
    /// Any other slice
    List(List),
    /// Any map with string keys
    Map(Map),
    /// A struct, a pointer to one, or a named type with methods over a basic kind
    Object(Rc<dyn Object>),
}

/// A struct, a pointer to a struct, or a named basic type (`time.Duration`).
pub trait Object: Any {
    /// Its type, with kind and methods.
    fn named_type(&self) -> &'static NamedType;
    /// What `fmt.Stringer` gives, if the type is one.
    fn string(&self) -> Option<Str> {
        None
    }
    /// What `fmt.Stringer` gives where only the pointer to the type is one: an action that prints the value finds it, `print`
    /// doesn't (`printableValue` of text/template).
    fn pointer_string(&self) -> Option<Str> {
        self.string()
    }
    /// What `fmt.GoStringer` gives, if the type is one: `%#v` prints it.
    fn go_string(&self) -> Option<Str> {
        None
    }
    /// Whether it is a nil pointer.
    fn is_nil(&self) -> bool {
        false
    }
    /// The struct's fields in order, as `%v` walks them; unexported ones too.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
    /// The name of the field whose struct is embedded: its fields are fields of this one.
    fn embedded(&self) -> Option<&'static str> {
        None
    }
    /// The exported fields in order.
    fn exported(&self) -> Vec<(&'static str, Value)> {
        self.fields().into_iter().filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_uppercase())).collect()
    }
    /// An exported field.
    fn field(&self, name: &str) -> Option<Value> {
        self.exported().into_iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
    /// What `encoding/json` makes of it: the exported fields unless the type marshals itself.
    fn json(&self) -> Value {
        Value::Map(Map::new(self.exported().into_iter().map(|(n, v)| (Str::from(n), v)).collect()))
    }
    /// For a struct whose members JSON doesn't have in the order of their names: the members in their order.
    fn json_members(&self) -> Option<Vec<(&'static str, Value)>> {
        None
    }
    /// What go.yaml.in/yaml/v3 makes of it.
    fn yaml(&self) -> Yaml {
        Yaml::AsJson
    }
    /// For a named basic type, the basic value.
    fn basic(&self) -> Option<Value> {
        None
    }
    /// For a named integer type, another value of it.
    fn with_basic(&self, n: i64) -> Value {
        Value::int64(n)
    }
    /// `==` and `reflect.DeepEqual` with another value of the same type.
    fn equals(&self, other: &dyn Object) -> bool;
    /// For downcasts.
    fn as_any(&self) -> &dyn Any;
}

/// How go.yaml.in/yaml/v3 encodes an [`Object`].
pub enum Yaml {
    /// As `encoding/json` does: types that marshal themselves as text, and named integers.
    AsJson,
    /// A string
    Text(String),
    /// A timestamp, which needs no quotes
    Timestamp(String),
    /// A struct: the names and values of its fields, in their order
    Struct(Vec<(String, Value)>),
}

impl Yaml {
    /// A struct without tags: the exported fields by their names in small letters.
    pub fn of_struct(object: &dyn Object) -> Yaml {
        Yaml::Struct(object.exported().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }
}

/// A slice other than `[]uint8`.
#[derive(Clone)]
pub struct List(Rc<ListData>);

struct ListData {
    elem: Type,
    named: Option<&'static NamedType>,
    nil: bool,
    items: Vec<Value>,
}

impl List {
    /// `[]interface {}`
    pub fn new(items: Vec<Value>) -> List {
        List(Rc::new(ListData { elem: Type::Any, named: None, nil: false, items }))
    }

    /// `[]T`; the items must be of that type.
    pub fn typed(elem: Type, items: Vec<Value>) -> List {
        List(Rc::new(ListData { elem, named: None, nil: false, items }))
    }

    /// `[]string`
    pub fn strings<S: Into<Str>>(items: impl IntoIterator<Item = S>) -> List {
        List::typed(Type::String, items.into_iter().map(|s| Value::String(s.into())).collect())
    }

    /// A nil slice of that element type.
    pub fn nil(elem: Type) -> List {
        List(Rc::new(ListData { elem, named: None, nil: true, items: Vec::new() }))
    }

    /// A slice type with a name.
    pub fn named(named: &'static NamedType, items: Vec<Value>) -> List {
        List::of(named, false, items)
    }

    /// A nil slice of a type with a name.
    pub fn nil_named(named: &'static NamedType) -> List {
        List::of(named, true, Vec::new())
    }

    fn of(named: &'static NamedType, nil: bool, items: Vec<Value>) -> List {
        let elem = match named.underlying {
            Some(Type::Slice(e)) => *e,
            _ => Type::Any,
        };
        List(Rc::new(ListData { elem, named: Some(named), nil, items }))
    }

    /// The elements' type.
    pub fn elem(&self) -> Type {
        self.0.elem
    }

    /// The slice's type.
    pub fn ty(&self) -> Type {
        if let Some(n) = self.0.named {
            return Type::Named(n);
        }
        match self.0.elem {
            Type::Any => ANYS,
            Type::String => STRINGS,
            Type::Int(IntKind::Int) => Type::Slice(&crate::types::INT),
            Type::Int(IntKind::Int64) => Type::Slice(&crate::types::INT64),
            Type::Float64 => Type::Slice(&Type::Float64),
            Type::Bool => Type::Slice(&Type::Bool),
            t if t == ANYS => Type::Slice(&ANYS),
            t if t == STRINGS => Type::Slice(&STRINGS),
            t if t == BYTES => Type::Slice(&BYTES),
            t if t == DICT => Type::Slice(&DICT),
            _ => ANYS,
        }
    }

    /// Whether it is a nil slice; it is empty then.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    /// Where it lies in memory: the same for all names of one slice, for as long as one of them lives.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// Whether someone else holds it too.
    pub fn is_shared(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    /// Its items; they are copied only if someone else holds it too.
    pub fn into_items(self) -> Vec<Value> {
        match Rc::try_unwrap(self.0) {
            Ok(mut data) => std::mem::take(&mut data.items),
            Err(shared) => shared.items.clone(),
        }
    }

    /// Whether both are the same slice in memory.
    pub fn same(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for List {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0.items
    }
}

impl Drop for ListData {
    fn drop(&mut self) {
        let items = std::mem::take(&mut self.items);
        if items.iter().any(Value::holds_values) {
            release(Held::Items(items));
        }
    }
}

impl Drop for MapData {
    fn drop(&mut self) {
        let entries = std::mem::take(self.entries.get_mut());
        if entries.values().any(Value::holds_values) {
            release(Held::Entries(entries));
        }
    }
}

/// How many values [`Value::deep_hash`] looks at.
const HASHED_VALUES: usize = 64;

/// How deep values are dropped one within the other before the rest waits its turn.
const DROP_DEPTH: usize = 64;

thread_local! {
    static DROPPING: Cell<usize> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

/// What a list or a map held.
#[expect(dead_code, reason = "only dropped")]
enum Held {
    Items(Vec<Value>),
    Entries(Entries),
}

/// Drops values without going as deep as they nest: a loop of a template can nest a list a million times.
fn release(values: Held) {
    let depth = DROPPING.get();
    if depth >= DROP_DEPTH {
        WAITING.with_borrow_mut(|w| w.push(values));
        return;
    }
    DROPPING.set(depth + 1);
    drop(values);
    if depth == 0 {
        while let Some(next) = WAITING.with_borrow_mut(Vec::pop) {
            drop(next);
        }
    }
    DROPPING.set(depth);
}

/// The entries of a map, sorted by key as `text/template`, `fmt` and `encoding/json` visit them.
pub type Entries = BTreeMap<Str, Value>;

/// A map with string keys, shared between all its names.
#[derive(Clone)]
pub struct Map {
    data: Rc<MapData>,
    named: Option<&'static NamedType>,
}

struct MapData {
    elem: Type,
    nil: bool,
    entries: RefCell<Entries>,
    /// Where the entries come from of a map that nobody has looked at yet.
    pending: Cell<Option<Pending>>,
    /// Where the map stands in the values, for the record of a render; 0 is nowhere.
    origin: Cell<u32>,
}

enum Pending {
    Make(Box<dyn FnOnce() -> Entries>),
    Copy(Map),
}

impl Pending {
    fn entries(self) -> Entries {
        match self {
            Pending::Make(make) => make(),
            Pending::Copy(source) => {
                let mut entries = source.entries().clone();
                entries.values_mut().for_each(Value::unshare);
                entries
            }
        }
    }
}

impl Map {
    fn make(elem: Type, named: Option<&'static NamedType>, nil: bool, entries: Entries) -> Map {
        Map {
            data: Rc::new(MapData { elem, nil, entries: RefCell::new(entries), pending: Cell::new(None), origin: Cell::new(0) }),
            named,
        }
    }

    /// `map[string]interface {}`
    pub fn new(entries: Entries) -> Map {
        Map::make(Type::Any, None, false, entries)
    }

    /// The same map under the type without a name.
    pub fn without_name(&self) -> Map {
        Map { data: self.data.clone(), named: None }
    }

    /// The same map under a type with a name: what one changes the other sees.
    pub fn with_type(&self, named: &'static NamedType) -> Map {
        Map { data: self.data.clone(), named: Some(named) }
    }

    /// `map[string]T`; the values must be of that type.
    pub fn typed(elem: Type, entries: Entries) -> Map {
        Map::make(elem, None, false, entries)
    }

    /// A map type with a name.
    pub fn named(named: &'static NamedType, entries: Entries) -> Map {
        let elem = match named.underlying {
            Some(Type::Map(e)) => *e,
            _ => Type::Any,
        };
        Map::make(elem, Some(named), false, entries)
    }

    /// A map type with a name whose entries are made when they are first looked at.
    pub fn on_demand(named: &'static NamedType, entries: impl FnOnce() -> Entries + 'static) -> Map {
        let map = Map::named(named, Entries::new());
        map.data.pending.set(Some(Pending::Make(Box::new(entries))));
        map
    }

    /// Whether someone else holds it too.
    pub fn is_shared(&self) -> bool {
        Rc::strong_count(&self.data) > 1
    }

    /// A copy that shares nothing (`copystructure.Copy`), made table by table when they are first looked at: what is copied must not
    /// change any more. It saves 2.4 % of the instructions that kube-prometheus-stack takes (callgrind, load to output).
    pub fn copy_on_demand(&self) -> Map {
        let copy = Map::new(Entries::new());
        copy.set_origin(self.origin());
        // What is a copy itself that nobody has looked at needs not be looked at for this one.
        let source = self.source().unwrap_or_else(|| self.clone());
        copy.data.pending.set(Some(Pending::Copy(source)));
        copy
    }

    /// Whether a nil stands in it, or in tables within tables. Copies that nobody has looked at stay so.
    pub fn holds_nil(&self) -> bool {
        match self.source() {
            Some(source) => source.holds_nil(),
            None => self.entries().values().any(|v| match v {
                Value::Nil => true,
                Value::Map(m) => m.holds_nil(),
                _ => false,
            }),
        }
    }

    /// What it will be a copy of when it is first looked at.
    fn source(&self) -> Option<Map> {
        let pending = self.data.pending.take();
        let source = match &pending {
            Some(Pending::Copy(source)) => Some(source.clone()),
            _ => None,
        };
        self.data.pending.set(pending);
        source
    }

    fn cell(&self) -> &RefCell<Entries> {
        if let Some(pending) = self.data.pending.take() {
            self.data.entries.replace(pending.entries());
        }
        &self.data.entries
    }

    /// A nil `map[string]T`: reads as empty, can't be written.
    pub fn nil(elem: Type) -> Map {
        Map::make(elem, None, true, Entries::new())
    }

    /// The values' type.
    pub fn elem(&self) -> Type {
        self.data.elem
    }

    /// The map's type.
    pub fn ty(&self) -> Type {
        if let Some(n) = self.named {
            return Type::Named(n);
        }
        match self.data.elem {
            Type::String => Type::Map(&Type::String),
            t if t == BYTES => Type::Map(&BYTES),
            _ => DICT,
        }
    }

    /// Whether it is a nil map.
    pub fn is_nil(&self) -> bool {
        self.data.nil
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.cell().borrow().get(key).cloned()
    }

    /// Sets a key, for all who share the map.
    pub fn insert(&self, key: Str, value: Value) {
        self.cell().borrow_mut().insert(key, value);
    }

    /// Removes a key, for all who share the map.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.cell().borrow_mut().remove(key)
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.cell().borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cell().borrow().is_empty()
    }

    /// A look at the entries; the map must not be changed meanwhile.
    pub fn entries(&self) -> Ref<'_, Entries> {
        self.cell().borrow()
    }

    /// The entries for change.
    pub fn entries_mut(&self) -> RefMut<'_, Entries> {
        self.cell().borrow_mut()
    }

    /// Where it lies in memory: the same for all names of one map, for as long as one of them lives.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.data).addr()
    }

    /// Whether both are the same map in memory.
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.data, &other.data)
    }

    /// Where the map stands in the values (an index that its maker knows); 0 is nowhere.
    pub fn origin(&self) -> u32 {
        self.data.origin.get()
    }

    /// Says where the map stands in the values.
    pub fn set_origin(&self, origin: u32) {
        self.data.origin.set(origin);
    }
}

impl Value {
    /// An `int`.
    pub fn int(n: i64) -> Value {
        Value::Int(IntKind::Int, n)
    }

    /// An `int64`.
    pub fn int64(n: i64) -> Value {
        Value::Int(IntKind::Int64, n)
    }

    /// A `string`.
    pub fn string(s: impl Into<Str>) -> Value {
        Value::String(s.into())
    }

    /// A `[]interface {}`.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(List::new(items))
    }

    /// A `map[string]interface {}`.
    pub fn dict(entries: Entries) -> Value {
        Value::Map(Map::new(entries))
    }

    /// Its dynamic type; `None` for a nil interface.
    pub fn ty(&self) -> Option<Type> {
        Some(match self {
            Value::Nil => return None,
            Value::Bool(_) => Type::Bool,
            Value::Int(k, _) => Type::Int(*k),
            Value::Float(_) => Type::Float64,
            Value::Complex(..) => Type::Complex128,
            Value::String(_) => Type::String,
            Value::Bytes(_) => BYTES,
            Value::List(l) => l.ty(),
            Value::Map(m) => m.ty(),
            Value::Object(o) => Type::Named(o.named_type()),
        })
    }

    /// Its kind; `Invalid` for a nil interface.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Nil => Kind::Invalid,
            Value::Bool(_) => Kind::Bool,
            Value::Int(k, _) => k.kind(),
            Value::Float(_) => Kind::Float64,
            Value::Complex(..) => Kind::Complex128,
            Value::String(_) => Kind::String,
            Value::Bytes(_) | Value::List(_) => Kind::Slice,
            Value::Map(_) => Kind::Map,
            Value::Object(o) => o.named_type().kind,
        }
    }

    /// The zero value of a type that can be nil, else of a basic type.
    pub fn zero(ty: Type) -> Value {
        match ty {
            Type::Bool => Value::Bool(false),
            Type::Int(k) => Value::Int(k, 0),
            Type::Float64 => Value::Float(0.0),
            Type::Complex128 => Value::Complex(0.0, 0.0),
            Type::String => Value::String(Str::default()),
            Type::Slice(e) => Value::List(List::nil(*e)),
            Type::Map(e) => Value::Map(Map::nil(*e)),
            Type::Named(NamedType { underlying: Some(t), .. }) => Value::zero(*t),
            Type::Any | Type::Named(_) | Type::ReflectValue | Type::Error => Value::Nil,
        }
    }

    /// Makes a table, or a list that can hold some, a copy of itself.
    fn unshare(&mut self) {
        match self {
            Value::Map(m) => *m = m.copy_on_demand(),
            Value::List(l) if l.iter().any(Value::holds_values) => {
                let mut items = l.items().to_vec();
                items.iter_mut().for_each(Value::unshare);
                *l = List::typed(l.elem(), items);
            }
            _ => {}
        }
    }

    /// Whether other values can be within it.
    fn holds_values(&self) -> bool {
        matches!(self, Value::List(_) | Value::Map(_) | Value::Object(_))
    }

    /// The method `name`, if the value's type has one.
    pub fn method(&self, name: &[u8]) -> Option<&'static Method> {
        let named = match self {
            Value::Map(m) => m.named?,
            Value::List(l) => l.0.named?,
            Value::Object(o) => o.named_type(),
            _ => return None,
        };
        named.methods.iter().find(|m| m.name.as_bytes() == name)
    }

    /// Truth as `text/template` has it (`IsTrue`): not the zero of its type, and for maps, slices and strings not empty.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(b) => *b,
            Value::Int(_, n) => *n != 0,
            Value::Float(f) => *f != 0.0,
            Value::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Value::String(s) | Value::Bytes(s) => !s.is_empty(),
            Value::List(l) => !l.is_empty(),
            Value::Map(m) => !m.is_empty(),
            Value::Object(o) => o.basic().is_none_or(|b| b.is_true()),
        }
    }

    /// The string's bytes, if this is a `string`.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Value::String(s) => Some(s),
            _ => None,
        }
    }

    /// The map, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The object of that Rust type, if this is one.
    pub fn as_object<T: Object>(&self) -> Option<&T> {
        match self {
            Value::Object(o) => o.as_any().downcast_ref(),
            _ => None,
        }
    }

    /// `reflect.DeepEqual`. A pair of maps or slices that was met before counts as equal, so cycles end.
    pub fn deep_equal(&self, other: &Value) -> bool {
        self.compare(other).0
    }

    /// [`Value::deep_equal`], and what it took: the values and the sixteens of bytes that were looked at.
    pub fn compare(&self, other: &Value) -> (bool, u64) {
        let mut met = HashSet::new();
        let mut waiting = vec![(self.clone(), other.clone())];
        let mut work = 0;
        while let Some((a, b)) = waiting.pop() {
            work += 1 + a.as_str().map_or(0, |s| s.len() as u64 / BYTES_A_STEP);
            let same = match (&a, &b) {
                (Value::Nil, Value::Nil) => true,
                (Value::Bool(a), Value::Bool(b)) => a == b,
                (Value::Int(k, a), Value::Int(l, b)) => k == l && a == b,
                (Value::Float(a), Value::Float(b)) => a == b,
                (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
                (Value::String(a), Value::String(b)) | (Value::Bytes(a), Value::Bytes(b)) => a == b,
                (Value::List(a), Value::List(b)) => {
                    let like = a.ty() == b.ty() && a.is_nil() == b.is_nil() && a.len() == b.len();
                    if like && !a.same(b) && met.insert((Rc::as_ptr(&a.0).addr(), Rc::as_ptr(&b.0).addr())) {
                        waiting.extend(a.iter().cloned().zip(b.iter().cloned()));
                    }
                    like
                }
                (Value::Map(a), Value::Map(b)) => {
                    let like = a.ty() == b.ty() && a.is_nil() == b.is_nil() && a.len() == b.len();
                    if like && !a.same(b) && met.insert((Rc::as_ptr(&a.data).addr(), Rc::as_ptr(&b.data).addr())) {
                        let (a, b) = (a.entries(), b.entries());
                        waiting.extend(a.values().cloned().zip(b.values().cloned()));
                        a.keys().eq(b.keys())
                    } else {
                        like
                    }
                }
                (Value::Object(a), Value::Object(b)) => a.named_type().name == b.named_type().name && a.equals(&**b),
                _ => false,
            };
            if !same {
                return (false, work);
            }
        }
        (true, work)
    }

    /// A number that is the same for values that are [`Value::deep_equal`]. It looks at the first values within, so that what shares
    /// its parts with itself costs no more than its size.
    pub fn deep_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut left = HASHED_VALUES;
        self.hash_into(&mut hasher, &mut left);
        hasher.finish()
    }

    fn hash_into(&self, hasher: &mut DefaultHasher, left: &mut usize) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        std::mem::discriminant(self).hash(hasher);
        // Zeros are equal whatever their sign.
        let float = |f: f64| if f == 0.0 { 0 } else { f.to_bits() };
        match self {
            Value::Nil | Value::Object(_) => {}
            Value::Bool(b) => b.hash(hasher),
            Value::Int(_, n) => n.hash(hasher),
            Value::Float(f) => float(*f).hash(hasher),
            Value::Complex(a, b) => (float(*a), float(*b)).hash(hasher),
            Value::String(s) | Value::Bytes(s) => s.hash(hasher),
            Value::List(l) => {
                l.len().hash(hasher);
                let most = *left;
                l.iter().take(most).for_each(|v| v.hash_into(hasher, left));
            }
            Value::Map(m) => {
                m.len().hash(hasher);
                let most = *left;
                m.entries().iter().take(most).for_each(|(k, v)| {
                    k.hash(hasher);
                    v.hash_into(hasher, left);
                });
            }
        }
    }
}

impl From<&Data> for Value {
    fn from(d: &Data) -> Value {
        match d {
            Data::Null => Value::Nil,
            Data::Bool(b) => Value::Bool(*b),
            Data::Int(n) => Value::int64(*n),
            Data::Float(f) => Value::Float(*f),
            Data::String(s) => Value::String(Str::from(s.as_str())),
            Data::List(l) => Value::list(l.iter().map(Value::from).collect()),
            Data::Map(m) => Value::Map(Map::from(m)),
        }
    }
}

/// Frees the tree as it goes: of a large document there are never two.
impl From<Data> for Value {
    fn from(d: Data) -> Value {
        match d {
            Data::String(s) => Value::String(Str::from(s.as_str())),
            Data::List(l) => Value::list(l.into_iter().map(Value::from).collect()),
            Data::Map(m) => Value::Map(Map::from(m)),
            other => Value::from(&other),
        }
    }
}

impl From<DataMap> for Map {
    fn from(m: DataMap) -> Map {
        Map::new(m.into_iter().map(|(k, v)| (Str::from(k.as_str()), Value::from(v))).collect())
    }
}

/// What JSON would carry over; bytes are base64 there, and objects what they marshal as.
impl From<&Value> for Data {
    fn from(v: &Value) -> Data {
        match v {
            Value::Nil => Data::Null,
            Value::Bool(b) => Data::Bool(*b),
            Value::Int(_, n) => Data::Int(*n),
            Value::Float(f) => Data::Float(*f),
            Value::Complex(..) => Data::Null,
            Value::String(s) => Data::String(s.to_str_lossy().into_owned()),
            Value::Bytes(b) => {
                let mut text = String::new();
                pintle_go::base64::write(&mut text, b);
                Data::String(text)
            }
            Value::List(l) => Data::List(l.iter().map(Data::from).collect()),
            Value::Map(m) => Data::Map(m.entries().iter().map(|(k, v)| (k.to_str_lossy().into_owned(), Data::from(v))).collect()),
            Value::Object(o) => Data::from(&o.json()),
        }
    }
}

impl From<&DataMap> for Map {
    fn from(m: &DataMap) -> Map {
        Map::new(m.iter().map(|(k, v)| (Str::from(k.as_str()), Value::from(v))).collect())
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<Str> for Value {
    fn from(s: Str) -> Value {
        Value::String(s)
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Value {
        Value::String(s.into())
    }
}

impl From<f64> for Value {
    fn from(f: f64) -> Value {
        Value::Float(f)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&crate::fmt::sprintf(b"%#v", std::slice::from_ref(self))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_values_are_dropped_without_a_deep_stack() {
        let mut v = Value::Nil;
        for i in 0..500_000 {
            v = if i % 2 == 0 { Value::list(vec![v]) } else { Value::dict(Entries::from([(Str::from("k"), v)])) };
        }
        drop(v);
    }
    fn table(m: &Map, key: &str) -> Map {
        match m.get(key.as_bytes()) {
            Some(Value::Map(m)) => m,
            other => panic!("no table: {other:?}"),
        }
    }

    #[test]
    fn a_copy_on_demand_shares_nothing() {
        let dict = |key: &str, value: Value| Value::dict(Entries::from([(Str::from(key), value)]));
        let in_list = Map::new(Entries::from([(Str::from("n"), Value::int(1))]));
        let original = Map::new(Entries::from([
            ("a".into(), dict("b", dict("c", Value::int(1)))),
            ("list".into(), Value::list(vec![Value::Map(in_list.clone()), Value::int(2)])),
        ]));
        original.set_origin(7);
        let first = original.copy_on_demand();
        let second = first.copy_on_demand();
        assert_eq!((first.origin(), first.len()), (7, 2));
        table(&table(&first, "a"), "b").insert("c".into(), Value::int(2));
        table(&second, "a").remove(b"b");
        let Some(Value::List(list)) = first.get(b"list") else { panic!("no list") };
        let Value::Map(copied) = &list[0] else { panic!("no table") };
        copied.insert("n".into(), Value::int(3));
        let c = |m: &Map| table(&table(m, "a"), "b").get(b"c");
        assert!(matches!((c(&original), c(&first)), (Some(Value::Int(_, 1)), Some(Value::Int(_, 2)))));
        assert!(table(&second, "a").is_empty());
        assert!(matches!(in_list.get(b"n"), Some(Value::Int(_, 1))));
    }

    #[test]
    fn a_nil_is_found_without_looking() {
        let inner = Map::new(Entries::from([(Str::from("nil"), Value::Nil)]));
        let outer = Map::new(Entries::from([(Str::from("inner"), Value::Map(inner.clone()))]));
        let copy = outer.copy_on_demand();
        assert!(copy.holds_nil() && copy.source().is_some());
        inner.remove(b"nil");
        assert!(!copy.holds_nil() && copy.source().is_some());
        // Lists are not tables.
        outer.insert("list".into(), Value::list(vec![Value::Nil]));
        assert!(!outer.holds_nil());
    }
}
